"""How an op of a user's is tried: what kind of thing it is, on which shapes, and at which points.

From the ground up:

    wanted      what was asked for on the command line; words and texts, no arrays
    settings    arguments that are no inputs, as the user writes them, and how they are bound
    guesses     the values that are tried of them where none are given
    op          an op as a function of Variables, and a call of it; `layers`: with parameters
    shapes      the shapes and kinds of inputs that are tried where none are given
    points      the floats that inputs are drawn from, and where f is finite
    trial       which of several settings work, and differ; `wrappers`: which function wraps which class
    kinds       the kinds of things that can be tried, as ops; `refused`: what cannot be, and why
    members     what of a module can be checked
    plan        op, shapes and points together: the checks, what was found, what was left out
    in_file     the same of one target among those of a file
"""
