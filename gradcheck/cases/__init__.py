"""From a spec, or from a call, to a case: one function at one point."""
