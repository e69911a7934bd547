"""The one knot of dezero: what the methods of Variable need of what is built on Variable.

`x + y`, `x.reshape(2, 3)` and `x.backward()` are methods of Variable, but they compute with Functions, and
a Function computes with Variables. All other imports of dezero go down. The files below the Functions
(`variable`, `protocols`, `arithmetic`, `refusal`, `cuda`) look up here, and only when they are called:
`dezero/__init__.py` sets the two modules once all are there. The book ties the same knot with
`setup_variable()` and with `import dezero.functions` inside of methods.
"""

from typing import Any

functions: Any  # the module dezero.functions
tape: Any  # the module dezero.tape
