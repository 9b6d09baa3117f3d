"""The commands that look through a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from latentlab import api
from latentlab.cli import values
from latentlab.cli.common import Common, refuse_taken
from latentlab.cli.progress import Progress
from latentlab.errors import UsageError

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model file or a run folder.")
]
DataArgument = Annotated[str, typer.Argument(metavar="DATA", help="A name, a file or a folder.")]
DataOption = Annotated[
    str | None, typer.Option("--data", metavar="DATA", help="The data that data:17 is a row of.")
]
ImageSizeOption = Annotated[
    str | None,
    typer.Option("--image-size", metavar="SIZE", help="Bring pictures to 64, or 64x48."),
]
LabelOption = Annotated[
    str | None, typer.Option("--label", metavar="Y", help="Of one class (conditional models).")
]
XKeyOption = Annotated[
    str | None, typer.Option("--x-key", metavar="NAME", help="Array name inside an .npz.")
]


def sample(
    common: Common,
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", help="A sheet: .png, .webp, or .npz of floats.")],
    count: Annotated[int, typer.Option("--count", min=1, max=100_000, help="How many.")] = 64,
    label: LabelOption = None,
) -> None:
    """Draw from the prior, and decode."""
    _check_sheet(out)
    with Progress(common) as progress:
        pictures = api.sample(
            model,
            count,
            label=label,
            device=common.device,
            seed=common.seed or 0,
            report=progress.report,
        )
    if out.suffix.lower() == ".npz":
        _write_npz(out, {"x": pictures})
    else:
        _write_sheet(out, pictures)
    common.result({"out": out, "count": count})


def reconstruct(
    common: Common,
    model: ModelArgument,
    data: DataArgument,
    out: Annotated[Path, typer.Option("--out", help="A sheet: .png, .webp, or .npz of floats.")],
    count: Annotated[
        int, typer.Option("--count", min=1, help="How many, evenly over the test rows.")
    ] = 64,
    rows: Annotated[
        str | None, typer.Option("--rows", metavar="LIST", help="Instead, these rows: 3,17,20.")
    ] = None,
    image_size: ImageSizeOption = None,
    x_key: XKeyOption = None,
) -> None:
    """Originals beside what the model makes of them."""
    from latentlab.data.dataset import to_picture
    from latentlab.export import pictures

    _check_sheet(out)
    with Progress(common) as progress:
        dataset = opened(model, data, image_size, x_key, progress)
        if rows is not None:
            chosen = np.asarray(values.whole_numbers(rows, "--rows"))
        else:
            chosen = _spread(dataset, count)
        originals, again = api.reconstruct(
            model, dataset, rows=chosen, device=common.device, seed=common.seed or 0
        )
    if out.suffix.lower() == ".npz":
        _write_npz(out, {"rows": chosen, "originals": originals, "reconstructions": again})
    else:
        factor = pictures.enlargement(to_picture(originals), 56)
        shown = [pictures.enlarge(to_picture(part), factor) for part in (originals, again)]
        pictures.write_picture(out, pictures.pairs(*shown))
    common.result({"out": out, "count": len(chosen)})


def decode(
    common: Common,
    model: ModelArgument,
    at: Annotated[
        str, typer.Option("--at", metavar="Z", help="0.42,-1.17, or data:17; --at=-0.4,1.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="A picture: .png or .webp.")] = None,
    data: DataOption = None,
    label: LabelOption = None,
) -> None:
    """Decode one latent point."""
    from latentlab.data.dataset import to_picture
    from latentlab.export import pictures

    if out is not None:
        _check_sheet(out, (*pictures.ENDINGS, ".npz"))
    opened = api.load_model(model, device=common.device)
    z = latent(opened, at, "--at", data)
    picture = api.decode(opened, z, label=label)
    if out is not None and out.suffix.lower() == ".npz":
        _write_npz(out, {"x": picture[0], "z": z})
    elif out is not None:
        shown = to_picture(picture)
        pictures.write_picture(out, pictures.enlarge(shown, pictures.enlargement(shown, 224))[0])
    common.result({"out": out, "z": z, "shape": picture.shape[1:]})


def latent(
    model: api.Model, text: str, option: str, data: str | None
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The latent point that `text` means: numbers, the code of a datum, or =mean(3) - mean(8).

    Raises:
        UsageError: It is neither, or of another dimension than the model's.
    """
    if text.startswith("="):
        return api.arithmetic(model, text[1:], data)
    value = values.point(text, option)
    if isinstance(value, int):
        return api.code_of(model, value, data)
    if not model.code_dim:
        from latentlab.models.density import no_latents

        no_latents()
    if len(value) != model.code_dim:
        raise UsageError(
            f"The model has {model.code_dim} latents, {len(value)} were given.",
            where=option,
            do="Give as many numbers as the model has latents.",
        )
    return np.asarray(value, dtype=np.float64)


def fields_of(record: Any) -> dict[str, Any]:
    """The fields of a dataclass or a spec by name."""
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(record)
    fields.pop("kind", None)
    return fields


def opened(
    model: str, data: str, image_size: str | None, x_key: str | None, progress: Progress
) -> api.Dataset:
    """Data as the model's own were read, or as asked for."""
    if image_size is None and x_key is None:
        from latentlab.verbs.opening import data_for

        dataset = data_for(api.load_model(model, device="cpu"), data, report=progress.report)
    else:
        size = values.size(image_size) if image_size is not None else None
        dataset = api.open_dataset(data, image_size=size, x_key=x_key, report=progress.report)
    for note in dataset.notes:
        progress.line(note)
    return dataset


def _spread(dataset: api.Dataset, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    rows = dataset.rows("test")
    rows = rows if len(rows) else dataset.rows("all")
    at = np.linspace(0, len(rows) - 1, min(count, len(rows)))
    return rows[np.rint(at).astype(np.int64)]


def _check_sheet(out: Path, endings: tuple[str, ...] = (".png", ".webp", ".npz")) -> None:
    if out.suffix.lower() not in endings:
        raise UsageError(
            f'Pictures are not written as "{out.suffix or out.name}".',
            where=str(out),
            do=f"End the name with {', '.join(endings[:-1])} or {endings[-1]}.",
        )
    refuse_taken(out)


def _write_sheet(out: Path, x: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    from latentlab.data.dataset import to_picture
    from latentlab.export import pictures

    shown = to_picture(x)
    large = pictures.enlarge(shown, pictures.enlargement(shown, 56))
    pictures.write_picture(out, pictures.sheet(large))


def _write_npz(out: Path, arrays: dict[str, Any]) -> None:
    import io

    from latentlab.files import write_atomic

    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomic(out, buffer.getvalue())
