"""The program: which command a line of words means, and the exit code it ends with.

Exit codes: 0 done; 1 failed while working; 2 wrong usage; 3 refused or missing input, or an
`--out` that exists; 130 interrupted.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from latentlab.errors import LatentlabError, UsageError

# Newer Typers carry a click of their own: its base of all usage errors is found by descent.
_ClickError: Any = typer.BadParameter.__mro__[2]

OPEN = "open"


class Group(TyperGroup):
    """A group whose unknown first word goes to the hidden command `open`.

    A plain callback with an argument would swallow every sub-command.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `open` before words that are no command."""
        own = {"--help", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = [OPEN, *args]
        return super().parse_args(ctx, args)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program on a command line; return its exit code.

    Args:
        argv: The words after the program's name; None takes this process's.

    Example:
        >>> main(["decode"])
        2
    """
    words = list(sys.argv[1:] if argv is None else argv)
    from latentlab.cli.commands import app

    try:
        code = typer.main.get_command(app).main(words, prog_name="latentlab", standalone_mode=False)
    except LatentlabError as error:
        return _fail(error, words)
    except _ClickError as error:
        return _fail(_usage(error), words)
    except BrokenPipeError:
        return _stop_writing()
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted(words)
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        return _fail(_unexpected(error), words)
    return _interrupted(words) if code == 130 else int(code or 0)


def _usage(error: Any) -> LatentlabError:
    what = error.format_message()
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "latentlab"
    return UsageError(what if what.endswith(".") else f"{what}.", do=f"See: {command} --help")


def _unexpected(error: Exception) -> LatentlabError:
    return LatentlabError(
        f"Something went wrong that latentlab did not foresee: {type(error).__name__}: {error}.",
        do="Run it again with --debug to see where.",
    )


def _fail(error: LatentlabError, words: list[str]) -> int:
    from latentlab.cli.common import UnfinishedError, print_error

    if "--debug" in words:
        traceback.print_exc()
    fields = error.fields if isinstance(error, UnfinishedError) else {}
    print_error(error, as_json="--json" in words, fields=fields)
    return error.exit_code


def _interrupted(words: list[str]) -> int:
    from latentlab.errors import CancelledError

    return _fail(CancelledError("Interrupted."), words)


def _stop_writing() -> int:
    # The reader of our output went away (`latentlab ... | head`): nobody is left to tell.
    sys.stderr.close()
    return 1
