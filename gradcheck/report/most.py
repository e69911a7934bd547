"""How much one page shows: no browser opens a page of a million rows. The page counts what it leaves out."""

from __future__ import annotations

FINDINGS = 40  # on the summary
WARNED = 20
NOTES = 40
DIFFERENCES = 20
FUNCTIONS = 1_000  # in the matrix
FEW = 8  # of fewer functions the matrix is read at a glance: no filter and no overview
PAGES = 5_000  # of functions
STUDIES = 200
CAUSES = 20  # of what fails
FOLLOWING = 40  # functions that one cause makes fail
BLOCKS = 500  # figures and tables of a study
ORDERS, DTYPES = 12, 12
OPS = 200  # named in one sentence
RUNS = 50  # and devices of a run, properties of a device, versions
HISTORY = 500  # runs of a history
CHANGES = 2_000  # of each kind
ON_A_PAGE = 200  # findings, and cases with warnings, of one function
TESTS = 12  # that asked for the cases of one op
_CASES, _FEWEST, _CASES_IN_ALL = 1_000, 50, 100_000


def cases(functions: int) -> int:
    """How many cases the page of each of so many functions shows.

    >>> cases(90), cases(2_000), cases(5_000)
    (1000, 50, 50)
    """
    return min(_CASES, max(_FEWEST, _CASES_IN_ALL // max(functions, 1)))
