"""A process that decodes pictures: one JSON request a line in, one answer with raw bytes out.

Started as `python -m latentlab.data.worker`. It ends when its input ends, so it never outlives the
program that started it.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

from latentlab.data.picture import PictureError, decode, look


def answer(request: dict[str, Any]) -> tuple[list[Any], bytes]:
    """Look at or decode the pictures of one request.

    Returns:
        For each picture a result (a header as four values, or True) or a reason as text, and the
        decoded pixels of those that were read, one after the other.
    """
    results: list[Any] = []
    pixels: list[bytes] = []
    for path in request["paths"]:
        try:
            if request["do"] == "look":
                seen = look(path)
                results.append([seen.height, seen.width, seen.grey, seen.alpha])
            else:
                height, width = request["size"]
                pixels.append(decode(path, (height, width), request["channels"]).tobytes())
                results.append(True)
        except PictureError as error:
            results.append(str(error))
    return results, b"".join(pixels)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until their end."""
    for line in requests:
        results, pixels = answer(json.loads(line))
        head = json.dumps({"results": results, "bytes": len(pixels)})
        answers.write(head.encode("ascii") + b"\n" + pixels)
        answers.flush()


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # the window and a training that runs go first
    serve(sys.stdin.buffer, sys.stdout.buffer)
