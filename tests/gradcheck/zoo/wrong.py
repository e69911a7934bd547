"""All wrong operations."""

from tests.gradcheck.zoo.reports import WRONG_REPORTS
from tests.gradcheck.zoo.wrong_causes import WRONG_CAUSES
from tests.gradcheck.zoo.wrong_conduct import WRONG_CONDUCT
from tests.gradcheck.zoo.wrong_differences import WRONG_DIFFERENCES
from tests.gradcheck.zoo.wrong_exam import WRONG_EXAM
from tests.gradcheck.zoo.wrong_exam2 import WRONG_EXAM2
from tests.gradcheck.zoo.wrong_habits import WRONG_HABITS
from tests.gradcheck.zoo.wrong_inputs import WRONG_INPUTS
from tests.gradcheck.zoo.wrong_kinks import WRONG_KINKS
from tests.gradcheck.zoo.wrong_many import WRONG_MANY
from tests.gradcheck.zoo.wrong_opaque import WRONG_OPAQUE
from tests.gradcheck.zoo.wrong_orders import WRONG_ORDERS
from tests.gradcheck.zoo.wrong_shapes import WRONG_SHAPES
from tests.gradcheck.zoo.wrong_state import WRONG_STATE
from tests.gradcheck.zoo.wrong_values import WRONG_VALUES

WRONG = [
    *WRONG_VALUES,
    *WRONG_SHAPES,
    *WRONG_INPUTS,
    *WRONG_CONDUCT,
    *WRONG_ORDERS,
    *WRONG_HABITS,
    *WRONG_OPAQUE,
    *WRONG_MANY,
    *WRONG_CAUSES,
    *WRONG_KINKS,
    *WRONG_STATE,
    *WRONG_EXAM2,
    *WRONG_DIFFERENCES,
    *WRONG_REPORTS,
    *WRONG_EXAM,
]
