"""All right operations."""

from tests.gradcheck.zoo.reports import RIGHT_REPORTS
from tests.gradcheck.zoo.right_differences import RIGHT_DIFFERENCES
from tests.gradcheck.zoo.right_exam import RIGHT_EXAM
from tests.gradcheck.zoo.right_exam2 import RIGHT_EXAM2
from tests.gradcheck.zoo.right_forms import RIGHT_FORMS
from tests.gradcheck.zoo.right_kinks import RIGHT_KINKS
from tests.gradcheck.zoo.right_many import RIGHT_MANY
from tests.gradcheck.zoo.right_opaque import RIGHT_OPAQUE
from tests.gradcheck.zoo.right_points import RIGHT_POINTS
from tests.gradcheck.zoo.right_state import RIGHT_STATE

RIGHT = [
    *RIGHT_POINTS,
    *RIGHT_KINKS,
    *RIGHT_FORMS,
    *RIGHT_OPAQUE,
    *RIGHT_MANY,
    *RIGHT_STATE,
    *RIGHT_EXAM2,
    *RIGHT_DIFFERENCES,
    *RIGHT_REPORTS,
    *RIGHT_EXAM,
]
