"""How an op of a user's is tried: what kind of thing it is, on which shapes, and at which points.

From the ground up:

    domain      where a function is defined, in words: 0:1, nonzero, simplex
    wanted      what was asked for on the command line; words and texts, no arrays
    settings    arguments that are no inputs, as the user writes them, and how they are bound
    guesses     the values that are tried of them where none are given
    op          an op as a function of Variables, and a call of it; `layers`: with parameters
    shapes      the shapes and kinds of inputs that are tried where none are given
    trial       which of several settings work, and differ; `wrappers`: which function wraps which class
    kinds       the kinds of things that can be tried, as ops; `refused`: what cannot be, and why
    members     what of a module can be checked
    source      where the values of one input come from: given, or drawn from a range or a domain
    attempt     one call of an op at given inputs: accepted, not finite, refused
    edges       the edges of a domain, found by calls in which one element is moved
    search      from shapes to sources: draws that are accepted, and the domains of the inputs
    given       from what was asked for to sources: files are read, options find their inputs
    saying      what was found and what was refused, in words
    choice      the shapes that an op accepts, of those given or of those that are tried
    points      zeros, ties, repeated labels, points near the edges
    drawn       the cases: each dtype, ordinary draws and awkward points
    plan        all together: the checks, what was found, what was left out
    in_file     the same of one target among those of a file
"""
