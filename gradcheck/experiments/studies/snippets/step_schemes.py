import numpy as np

f, truth = np.exp, np.e
for h in 0.5 ** np.arange(1, 41, 3):
    forward = (f(1 + h) - f(1)) / h
    central = (f(1 + h) - f(1 - h)) / (2 * h)
    wider = (f(1 + 2 * h) - f(1 - 2 * h)) / (4 * h)
    richardson = (4 * central - wider) / 3
    complex_step = f(1 + 1j * h).imag / h
    errors = np.abs(np.array([forward, central, richardson, complex_step]) / truth - 1)
    print(f"{h:.1e}", *(f"{error:.1e}" for error in errors))
