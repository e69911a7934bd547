"""All right operations."""

from tests.gradcheck.zoo.right_points import RIGHT_POINTS
from tests.gradcheck.zoo.right_shapes import RIGHT_SHAPES

RIGHT = [*RIGHT_POINTS, *RIGHT_SHAPES]
