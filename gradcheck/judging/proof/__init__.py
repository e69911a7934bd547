"""Judgement by balls: backward's formula against the jets, backward's floats against the formula.

certified     the verdict on one order
forward       forward's floats against the formula of the spec
locate        which element is wrong, by certified truths; `decoding`: a few wrong ones from a few sums
digits        how many digits floats keep; `sensitivity`: how many rounding of the data costs in any case
distrust      whether jets are the truth of this f; `reach`: whether its floats leave the range of the dtype
"""
