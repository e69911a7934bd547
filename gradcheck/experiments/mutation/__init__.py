"""The mutation lab: bugs planted in backward functions, and how many of them the checker finds.

changes      how a bug changes what a Function passes back
mutants      the bugs
planting     a bug in a class for the length of a `with` block
effect       what a bug changes visibly at a case
experiment   one bug in one class at one case: killed, survived or equivalent

`gradcheck/running/campaign.py` plants all of them, on all cores.
"""
