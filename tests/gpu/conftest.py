"""The stand-in for CuPy is not collected: once imported it would be the device of the whole process."""

collect_ignore = ["standin"]
