"""The mutation lab: bugs planted in backward functions, and how many of them the checker finds.

    mutants      the bugs, each a change of what a Function class passes back
    planting     a bug in a class for the length of a `with` block
    experiment   one bug in one class at one case: killed, survived or equivalent
    campaign     all of them, on all cores
"""
