"""How NumPy's arrays are given memory."""

import numpy as np


def keep_freed_memory() -> None:
    """Let the C library keep the memory of freed arrays for the next ones.

    A training step frees its gradients and makes them anew, all of some megabytes. glibc gives such
    memory back to the system, which has it cleared, page by page, when it is wanted again: that was a
    third of a step's time. It adapts to the program, however: after one array of almost 32 MiB (its
    limit) has been freed, up to 64 MiB of freed memory are kept. That array is never touched, so it
    costs some microseconds and no memory. Other C libraries are not impressed.
    """
    np.empty(31 << 20, np.uint8)
