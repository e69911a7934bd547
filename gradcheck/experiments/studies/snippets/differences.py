import numpy as np

u = np.finfo(np.float64).eps / 2  # what rounding does to a number at most, relative to it
for k in range(1, 16):
    h = 10.0**-k
    ahead, back = 1 + h, 1 - h
    quotient = (np.exp(ahead) - np.exp(back)) / (ahead - back)
    truncation, rounding = h**2 / 6 * np.e, u * np.e / h
    print(f"{h:.0e}  error {abs(quotient - np.e):.1e}  model {truncation:.1e} + {rounding:.1e}")
print("best step", (3 * u) ** (1 / 3))
