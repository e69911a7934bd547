"""Finite differences, from the plainest to those that judge.

`central` has a fixed step, as gradient checking is taught. `ladder` is the core of all others: derivatives
along a line, from samples at many steps; `trust` says which step is believed, and how far. On it stand
`univariate` (a function of one variable) and `directional` (each element of a function of arrays, moved along
`paths`). `glances` are for a search, and for guesses: no verdict rests on them. `error_curves` shows errors
of the usual schemes over their steps; `stencils` has their weights.
"""
