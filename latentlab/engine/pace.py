"""How many pictures go into a batch, so that a decode never waits long for one."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

BATCH_S = 4e-3
# A CPU prepares a convolution anew for each number of pictures, at several milliseconds: batches
# have few sizes.
SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
FIRST = 8
LOOKED_BACK = 8  # batches


def fitting(count: float) -> int:
    """The largest size of a batch that is not above `count`, at least 1.

    Example:
        >>> fitting(40), fitting(0.5), fitting(1e6)
        (32, 1, 256)
    """
    return SIZES[max(bisect_right(SIZES, count) - 1, 0)]


class Pace:
    """How many pictures fit into `BATCH_S`, measured as it goes.

    The quickest of the last few batches counts: others were held up by what else the computer
    does, and smaller batches would only lose more of their time to it.

    Example:
        >>> pace = Pace()
        >>> for _ in range(8):
        ...     pace.learn(pace.count, pace.count * 1e-4)
        >>> pace.count
        32
    """

    def __init__(self) -> None:
        self.count = FIRST
        self._picture_s = 1e-3
        self._last: deque[float] = deque(maxlen=LOOKED_BACK)

    def learn(self, count: int, seconds: float) -> None:
        """A batch of `count` took `seconds`: the next is at most about twice or half as large."""
        each_s = max(seconds, 1e-6) / count
        self._picture_s = 0.5 * self._picture_s + 0.5 * each_s
        self._last.append(each_s)
        wanted = BATCH_S / min(self._last)
        self.count = fitting(min(max(wanted, self.count / 2), 2 * self.count))

    def batch(self, left: int, share: float = 1.0) -> int:
        """How many pictures to take of those that are left.

        Args:
            left: Pictures to go, at least 1.
            share: Of a whole batch: less while the hand moves.
        """
        return fitting(min(share * self.count, left))

    def estimate_s(self, count: int) -> float:
        """Seconds that `count` pictures take."""
        return count * self._picture_s
