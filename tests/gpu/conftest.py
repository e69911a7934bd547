"""The stand-in for CuPy is not collected: once imported, it would be the device of all tests there."""

collect_ignore = ["standin"]
