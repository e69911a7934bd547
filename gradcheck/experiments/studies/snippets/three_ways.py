import numpy as np
import sympy

import dezero.functions as F
from dezero import Variable

symbol = sympy.Symbol("x")
expression = sympy.tanh(sympy.tanh(symbol)).diff(symbol)
x = Variable(np.array(0.7))
F.tanh(F.tanh(x)).backward()
h = 1e-5
print("symbolic ", float(expression.subs(symbol, 0.7)))
print("automatic", float(x.grad.data))
print("numeric  ", (np.tanh(np.tanh(0.7 + h)) - np.tanh(np.tanh(0.7 - h))) / (2 * h))
