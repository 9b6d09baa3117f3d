"""Parquet, read in a process of its own: a damaged file can abort pyarrow, and all that is with it.

(Measured with pyarrow 26: a size statistic that does not fit ends the process in C++, where no
Python handler is asked.) The child sends Arrow's own stream; what it says on its error output is
the sentence of a refusal.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from latentlab.data.guard import (
    GIB,
    MAX_COLUMNS,
    MAX_ROWS,
    Reading,
    child_environment,
    open_regular,
)
from latentlab.errors import RefusedError

BATCH = 65_536
ROOM = 8 * GIB  # of address space beside the arrays: libraries, threads, what allocators reserve
AGAIN = "Write it again."
COMMAND = ("-P", "-m", "latentlab.data.parquet")


def batches_of_child(path: Path, reading: Reading) -> Generator[tuple[Any, float], None, None]:
    """The record batches of a file, and how far each is.

    Raises:
        RefusedError: The file is damaged, too large, or it ended the process that read it.
    """
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [sys.executable, *COMMAND, str(path), str(reading.budget)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=child_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        whole = False
        try:
            whole = yield from _received(child)
        except (pa.ArrowException, OSError) as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10)  # so that its sentence is whole
            raise _refusal(errors, path) from error
        finally:
            child.kill()
            child.communicate()
        if not whole:  # Arrow takes a stream that stops between two batches for one that ended
            raise _refusal(errors, path)


def _received(child: subprocess.Popen[bytes]) -> Generator[tuple[Any, float], None, bool]:
    """What comes; returns whether that was all the file's rows."""
    with pa.ipc.open_stream(child.stdout) as stream:
        rows = 0
        total = int((stream.schema.metadata or {}).get(b"rows", b"0"))
        for batch in stream:
            rows += batch.num_rows
            yield batch, min(rows / max(total, 1), 1.0)
    return 0 < total == rows


def _refusal(errors: IO[bytes], path: Path) -> RefusedError:
    errors.seek(0)
    try:
        said = json.loads(errors.read().splitlines()[-1])
        return RefusedError(str(said["what"]), where=str(said["where"]), do=str(said["do"]))
    except (ValueError, KeyError, TypeError, IndexError):
        return RefusedError(
            "The file is damaged: it ended the process that read it.", where=str(path), do=AGAIN
        )


def read_batches(path: Path, reading: Reading) -> Iterator[tuple[Any, float]]:
    """The same as `batches_of_child`, in this process.

    Raises:
        RefusedError: The file is damaged, too large, or does not fit into memory.
    """
    limits = {
        "thrift_string_size_limit": 64 * 1024**2,
        "thrift_container_size_limit": 1_000_000,
    }
    try:
        with open_regular(path) as handle:
            metadata = pq.ParquetFile(handle, **limits).metadata
            _check(metadata, path, reading)
            opened = pq.ParquetFile(
                handle,
                metadata=metadata,
                page_checksum_verification=True,
                # One long text that stands in a million rows is a few bytes in the file: it stays
                # one text and a million numbers until it is known to fit.
                read_dictionary=_text_columns(metadata),
                **limits,
            )
            rows = 0
            for batch in opened.iter_batches(batch_size=BATCH):
                rows += batch.num_rows
                total = str(metadata.num_rows)
                yield batch.replace_schema_metadata({"rows": total}), rows / int(total)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise RefusedError(
            f"The file is damaged or not a Parquet file ({' '.join(str(error).split())[:100]}).",
            where=str(path),
            do=AGAIN,
        ) from error


def _check(metadata: Any, path: Path, reading: Reading) -> None:
    rows, columns = metadata.num_rows, metadata.num_columns
    if not 1 <= rows <= MAX_ROWS or not 1 <= columns <= MAX_COLUMNS:
        raise RefusedError(
            f"It has {rows:,} rows of {columns:,} columns; at most {MAX_ROWS:,} rows and "
            f"{MAX_COLUMNS:,} columns are read.",
            where=str(path),
            do="Make a smaller file of it.",
        )
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    said = sum(max(group.total_byte_size, 0) for group in groups)
    # Runs of one value unfold far beyond the bytes that the file claims for them.
    reading.afford(max(said, rows * columns * 8), where=str(path), copies=2)
    if any(group.num_rows < 0 or group.num_rows > rows for group in groups):
        raise RefusedError("Its row groups do not add up.", where=str(path), do=AGAIN)


def _text_columns(metadata: Any) -> list[str]:
    columns = (metadata.schema.column(number) for number in range(metadata.num_columns))
    return [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]


def _limit_memory(budget: int) -> None:
    """Let the system stop a file that unfolds beyond all that it said (where it can)."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (budget + ROOM, resource.RLIM_INFINITY))


def main(path: str, budget: int) -> int:
    """Send a file's batches to standard output; 3 and a sentence on standard error if refused."""
    _limit_memory(budget)
    try:
        writer = None
        for batch, _ in read_batches(Path(path), Reading(budget=budget)):
            writer = writer or pa.ipc.new_stream(sys.stdout.buffer, batch.schema)
            writer.write_batch(batch)
        if writer is not None:
            writer.close()
        sys.stdout.buffer.flush()
    except RefusedError as error:
        said = {"what": error.what, "where": error.where, "do": error.do}
        sys.stderr.write("\n" + json.dumps(said) + "\n")
        return error.exit_code
    except MemoryError:
        said = {"what": "It does not fit into memory.", "where": path, "do": "Make it smaller."}
        sys.stderr.write("\n" + json.dumps(said) + "\n")
        return 3
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1], int(sys.argv[2]))
    sys.stderr.flush()
    os._exit(code)  # pyarrow's threads can crash while an interpreter is taken down under them
