"""Memory that a step gives back is kept for the next one."""

from __future__ import annotations

import ctypes
import functools
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # <malloc.h>
WHOLE = 32 << 20  # bytes: what is larger goes back to the system at once
KEPT = 128 << 20  # bytes of freed memory that a thread keeps


@functools.cache
def keep_freed() -> bool:
    """Let glibc keep freed memory up to `KEPT` bytes, instead of handing it back between two ops.

    A batch's activations and gradients are a megabyte or two each. As glibc begins, such a block
    is mapped afresh for many of a step's operations, and the kernel clears its pages each time:
    1,400 page faults a step at 784-512-2-512-784 and batches of 500, a fifth of its time.

    Returns:
        Whether it was set; other C libraries are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, WHOLE) and mallopt(M_TRIM_THRESHOLD, KEPT))
