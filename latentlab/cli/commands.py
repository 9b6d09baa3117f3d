"""The table of commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from latentlab import __version__
from latentlab.cli import (
    bench,
    directions,
    doctor,
    embedding,
    finding,
    judging,
    labels,
    learning,
    looking,
    opening,
    picturing,
    tour,
    travelling,
    traversing,
)
from latentlab.cli.common import with_common
from latentlab.cli.main import OPEN, Group

_PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}

app = typer.Typer(
    name="latentlab",
    cls=Group,
    add_completion=False,
    invoke_without_command=False,
    subcommand_metavar="[DATA or MODEL ...] | COMMAND ...",
    help="A live explorer for the latent space of variational autoencoders.\n\n"
    "Without a command it opens the window, on the data and models that are named.",
    epilog="Example: latentlab digits",
    **_PLAIN,
)
directions_app = typer.Typer(
    help="Directions that mean something, by name.", no_args_is_help=True, **_PLAIN
)
labels_app = typer.Typer(help="Labels that are missing.", no_args_is_help=True, **_PLAIN)
bench_app = typer.Typer(help="Measure this machine.", no_args_is_help=True, **_PLAIN)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"latentlab {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def _add(
    group: typer.Typer, name: str, command: Callable[..., None], example: str, **options: Any
) -> None:
    text = f"{(command.__doc__ or '').strip()}\n\nExample: {example}"
    group.command(name, help=text, **options)(with_common(command))


_add(app, OPEN, opening.open_window, "latentlab runs/mnist mnist", hidden=True)
_add(app, "train", learning.train, "latentlab train mnist --out runs/mnist --time-limit 60s")
_add(app, "evaluate", judging.evaluate, "latentlab evaluate runs/mnist --data mnist")
_add(
    app,
    "embed",
    embedding.embed,
    "latentlab embed runs/mnist mnist --out codes.csv --with recon,kl",
)
_add(
    app,
    "outliers",
    finding.outliers,
    "latentlab outliers mnist --model runs/mnist --by distance --out outliers.csv",
)
_add(app, "duplicates", finding.duplicates, "latentlab duplicates fashion-mnist --out twins.png")
_add(app, "sample", looking.sample, "latentlab sample runs/mnist --count 64 --out sheet.png")
_add(
    app,
    "reconstruct",
    looking.reconstruct,
    "latentlab reconstruct runs/mnist mnist --out pairs.png",
)
_add(app, "decode", looking.decode, "latentlab decode runs/mnist --at=-0.4,1 --out picture.png")
_add(
    app,
    "interpolate",
    travelling.interpolate,
    "latentlab interpolate runs/mnist --from=-1,0.5 --to 1.2,-0.4 --out film.gif",
)
_add(app, "render", picturing.render, "latentlab render runs/mnist --grid 20 --out manifold.png")
_add(
    app,
    "traverse",
    traversing.traverse,
    "latentlab traverse runs/mnist --data mnist --frames 11 --out traversal.png",
)
_add(
    labels_app,
    "recover",
    labels.recover,
    "latentlab labels recover mnist --labelled 100 --out labels.csv",
)
for _name, _command, _example in (
    ("make", directions.make, "make runs/faces --data faces --name smile --with smiling"),
    ("list", directions.list_, "list runs/faces"),
    ("apply", directions.apply, "apply runs/faces --name smile --at data:17 --out smile.gif"),
    ("changes", directions.changes, "changes runs/faces --at data:17 --json"),
    ("remove", directions.remove, "remove runs/faces --name smile"),
):
    _add(directions_app, _name, _command, f"latentlab directions {_example}")
app.add_typer(
    directions_app, name="directions", epilog="Example: latentlab directions list runs/mnist"
)
app.add_typer(labels_app, name="labels", epilog="Example: latentlab labels recover photos")
_add(app, "tour", tour.tour, "latentlab tour --out build/tour")
_add(bench_app, "drag", bench.drag, "latentlab bench drag --network conv --while-training --json")
_add(bench_app, "lattice", bench.lattice, "latentlab bench lattice --network conv --json")
_add(bench_app, "map", bench.map_, "latentlab bench map --points 70000 --json")
_add(bench_app, "train", bench.train, "latentlab bench train --json")
app.add_typer(bench_app, name="bench", epilog="Example: latentlab bench drag --json")
_add(app, "doctor", doctor.doctor, "latentlab doctor")
