"""The stand-in for CuPy is not collected: imported once, it would be the device of all tests of the process."""

collect_ignore = ["standin"]
