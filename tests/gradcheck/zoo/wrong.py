"""All wrong operations."""

from tests.gradcheck.zoo.wrong_conduct import WRONG_CONDUCT
from tests.gradcheck.zoo.wrong_values import WRONG_VALUES

WRONG = [*WRONG_VALUES, *WRONG_CONDUCT]
