"""The one way in which latentlab says no: what happened, where, and what to do."""

from __future__ import annotations


class LatentlabError(Exception):
    """Something that a person can act on, told in one sentence.

    Args:
        what: What happened ("The file ends in the middle of image 312.").
        where: The file, row, option or step it happened at; may be empty.
        do: What a person can do about it; may be empty.

    Example:
        >>> print(LatentlabError("The file is empty.", where="a.npz", do="Choose another file."))
        a.npz: The file is empty. Choose another file.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} {self.do}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders when pictures are read in a pool.
        return _rebuild, (type(self), self.what, self.where, self.do)


class RefusedError(LatentlabError):
    """Input that is missing or not accepted (exit code 3 on the command line)."""

    exit_code = 3


class UsageError(LatentlabError):
    """A call that does not make sense as it stands (exit code 2 on the command line)."""

    exit_code = 2


class CancelledError(LatentlabError):
    """Work that a person stopped; nothing went wrong (exit code 130 on the command line)."""

    exit_code = 130


def _rebuild(kind: type[LatentlabError], what: str, where: str, do: str) -> LatentlabError:
    return kind(what, where=where, do=do)
