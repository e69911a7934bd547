"""How quick dezero and gradcheck are, beside others. From the ground up:

`timing`, `steps`, `sizes`, `threads`: how times are taken, what a workload is, how large inputs are.
`operations/`, `layers`, `updates`, `recurrent`, `parts`, `mlp`, `cnn`, `derivatives`, `chains`: the
workloads; `by_hand`: what some of them are in NumPy. `checked`, `twins`: checks as workloads;
`mistakes`: the wrong ops.
`entries`: all of them with their limits. `machine`, `checkouts`, `rows`: what the machine can do, another
checkout, one row measured. `growth`, `imports`: what is no time beside another's.
`table`, `__main__` and `checks`: the commands. `docs/performance.md` says how to read what they print.
"""
