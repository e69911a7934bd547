import numpy as np

x, y = 0.0, 2.0  # Rosenbrock's function, 100 (y - x²)² + (1 - x)²
for step in range(8):
    print(step, x, y, "distance from the minimum", np.hypot(x - 1, y - 1))
    gradient = np.array([-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2)])
    hessian = np.array([[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200]])
    x, y = np.array([x, y]) - np.linalg.solve(hessian, gradient)
