import numpy as np

import dezero.functions as F
from dezero import Variable

x = Variable(np.array(0.5))
y = F.tanh(x)
for order in range(1, 7):
    x.cleargrad()
    y.backward(create_graph=True)
    y = x.grad
    print(order, y.data)
