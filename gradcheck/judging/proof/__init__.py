"""Judgement by balls: backward's formula against the jets, backward's floats against the formula."""
