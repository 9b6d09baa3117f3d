"""Data that is there without a download: scikit-learn's handwritten digits."""

from __future__ import annotations

import hashlib

import numpy as np

from latentlab.data.raw import Raw


def open_digits() -> Raw:
    """1,797 handwritten digits, 8x8, 17 grey levels (Alpaydin and Kaynak, 1998)."""
    from sklearn.datasets import load_digits  # half a second, so only when asked for

    found = load_digits()
    x = found.images.astype(np.uint8)  # (1797, 8, 8)
    return Raw(
        "digits",
        "digits",
        x,
        y=found.target.astype(np.int64),
        label_names=tuple("0123456789"),
        pixels=True,
        levels=17,
        checksums={"digits": hashlib.sha256(x.tobytes()).hexdigest()},
    )
