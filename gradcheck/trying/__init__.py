"""How an op of a user's is tried: what kind of thing it is, on which shapes, and at which points.

From the ground up:

    wanted      what was asked for on the command line; words and texts, no arrays
    op          a target (Function class, function, layer, ...) as a function of Variables
    shapes      the shapes and kinds of inputs that are tried where none are given
    points      the floats that inputs are drawn from, and where f is finite
    plan        op, shapes and points together: the checks, what was found, what was left out
"""
