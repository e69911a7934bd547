"""Judgement by estimates with a bound, where balls cannot follow.

estimated           the protocol of an oracle that judges, and the one that a name stands for
symbolic            the spec's formula, differentiated by SymPy
finite_difference   finite differences of the floats of forward
at_large, chosen    the same for very many elements, and which of these are looked at by themselves
staircases          a forward that moves in jumps, where differences cannot decide
stopping            a forward that repeats a loop up to a tolerance: what this leaves uncertain
"""
