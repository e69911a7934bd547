"""What is measured to be looked at, without a verdict.

    study           a title, what was found, figures and tables; its rows. `catalogue` lists all studies
    reproducing     how a study is made again; `snippets` are the hearts of some in a few lines
    differences     numerical differentiation and its error, of it `fixed_step` and `million`
    step_schemes    the `schemes` and their orders, `extrapolating`, the complex step, higher orders
    three_ways      numeric, symbolic, automatic
    higher_order    backward of backward
    newton          Newton's method, of the iterates of `minimizing` on `problems`, over `contours`
    on_a_gpu        what a GPU changes, emulated
    peers           how accurate torch is; `judgements`: how rightly other checkers judge

For the pages of single ops: `section` (along one element), `step_size` (error against step), `accuracy`
(over a range), `anatomy` (graph and source); `own_op`: all of these of an op of a user's, `own_range` its
range. `timing` is how long things take, `digits` which of a figure's are right.
"""
