"""The works that studies and pages refer to, each written once."""

from __future__ import annotations

WORKS = {
    "baydin": "A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind: Automatic "
    "Differentiation in Machine Learning: a Survey. Journal of Machine Learning Research "
    "18(153), 2018, 1-43.",
    "fornberg": "B. Fornberg: Generation of Finite Difference Formulas on Arbitrarily Spaced Grids. "
    "Mathematics of Computation 51(184), 1988, 699-706.",
    "goldberg": "D. Goldberg: What Every Computer Scientist Should Know About Floating-Point "
    "Arithmetic. ACM Computing Surveys 23(1), 1991, 5-48.",
    "griewank": "A. Griewank, A. Walther: Evaluating Derivatives: Principles and Techniques of "
    "Algorithmic Differentiation. 2nd edition, SIAM, 2008.",
    "higham": "N. J. Higham: Accuracy and Stability of Numerical Algorithms. 2nd edition, SIAM, 2002.",
    "ieee": "IEEE Standard for Floating-Point Arithmetic. IEEE Std 754-2019.",
    "johansson": "F. Johansson: Arb: Efficient Arbitrary-Precision Midpoint-Radius Interval "
    "Arithmetic. IEEE Transactions on Computers 66(8), 2017, 1281-1292.",
    "lyness": "J. N. Lyness, C. B. Moler: Numerical Differentiation of Analytic Functions. SIAM "
    "Journal on Numerical Analysis 4(2), 1967, 202-210.",
    "nocedal": "J. Nocedal, S. J. Wright: Numerical Optimization. 2nd edition, Springer, 2006.",
    "press": "W. H. Press, S. A. Teukolsky, W. T. Vetterling, B. P. Flannery: Numerical Recipes: "
    "The Art of Scientific Computing. 3rd edition, Cambridge University Press, 2007, "
    "section 5.7.",
    "richardson": "L. F. Richardson: The Approximate Arithmetical Solution by Finite Differences of "
    "Physical Problems Involving Differential Equations, with an Application to the "
    "Stresses in a Masonry Dam. Philosophical Transactions of the Royal Society A 210, "
    "1911, 307-357.",
    "ridders": "C. J. F. Ridders: Accurate Computation of F'(x) and F'(x) F''(x). Advances in "
    "Engineering Software 4(2), 1982, 75-76.",
    "rosenbrock": "H. H. Rosenbrock: An Automatic Method for Finding the Greatest or Least Value of a "
    "Function. The Computer Journal 3(3), 1960, 175-184.",
    "squire": "W. Squire, G. Trapp: Using Complex Variables to Estimate Derivatives of Real "
    "Functions. SIAM Review 40(1), 1998, 110-112.",
}


def works(*names: str) -> tuple[str, ...]:
    """
    >>> works("ieee")
    ('IEEE Standard for Floating-Point Arithmetic. IEEE Std 754-2019.',)
    """
    return tuple(WORKS[name] for name in names)
