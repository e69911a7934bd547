"""What Variable's methods need of the modules above Variable: the one knot of dezero.

`x + y`, `x.reshape(2, 3)` and `x.backward()` are methods of Variable, but they call Functions, and Functions
are built on Variable. So the modules below the Functions (`cuda`, `refusal`, `protocols`, `variable`,
`arithmetic`) import no Function. Their functions look here when they are called; `dezero/__init__.py` sets
the two names at the end of the import. All other imports of dezero go down.

The book ties the same knot by `setup_variable()`, and by `import dezero.functions` in the methods.
"""

from typing import Any

functions: Any  # the module dezero.functions
tape: Any  # the module dezero.tape
