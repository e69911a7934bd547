"""The truth of plain callables, each estimate with its own error bound. Nothing here knows dezero.

registry      the names of the oracles
jet           truth with a proof: Taylor jets through the op's own forward, by `expansion` or `packed_jet`
numbers/      balls and jets, as elements of NumPy's object arrays; ULPs
symbols/      formulas: SymPy, typesetting
differences/  finite differences: stencils, and steps chosen by an error model
"""
