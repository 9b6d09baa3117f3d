"""Opening and saving: data by name, file or folder; models by file or run folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from latentlab.data.dataset import Dataset
from latentlab.errors import RefusedError
from latentlab.specs import DataSpec, Device, replace

if TYPE_CHECKING:
    from latentlab.engine.values import Codes
    from latentlab.models.files import ModelHeader
    from latentlab.models.model import Model

Data = Dataset | DataSpec | str | Path
ModelLike: TypeAlias = Union["Model", str, Path]
Report = Callable[[str, float | None], None]
Rect = tuple[float, float, float, float]  # x0, y0, x1, y1 on the map
Floats = NDArray[np.float32]


def open_dataset(
    source: Data,
    *,
    x_key: str | None = None,
    y_key: str | None = None,
    image_size: tuple[int, int] | None = None,
    channels: Literal[1, 3] | None = None,
    split_seed: int | None = None,
    table: Literal["numbers", "counts"] | None = None,
    labels: Path | str | None = None,
    report: Report | None = None,
) -> Dataset:
    """Open data: a name, a file or a folder.

    Args:
        source: A catalogue name (`digits`, `mnist`, `fashion-mnist`, ...), a file (.npz, .npy,
            IDX, .csv, .parquet) or a folder (IDX files, or images with sub-folders as labels).
        x_key: Array name inside an .npz; None finds it.
        y_key: Label array or column; None finds it.
        image_size: (height, width) in pixels that pictures are brought to; None decides.
        channels: 1 grey, 3 colour; None decides.
        split_seed: Seed of the 90/10 split where none is published; None is 0.
        table: What a table's columns are; None sees counts from their values.
        labels: A CSV or Parquet file with the columns `label` and `row` (from 0) or `path`: labels
            instead of the data's own; rows that it does not name are unlabelled.
        report: Called with what is being done and the fraction of it, 0 to 1 or None.

    Returns:
        The rows with labels, split and provenance.

    Raises:
        RefusedError: The data are missing or not accepted.

    Example:
        >>> data = open_dataset("digits")
        >>> len(data), data.shape, data.class_count
        (1797, (1, 8, 8), 10)
    """
    if isinstance(source, Dataset):
        return source if labels is None else _with_labels(source, labels)
    from latentlab.data import open as reading

    spec = source if isinstance(source, DataSpec) else DataSpec(source=str(source))
    changes: dict[str, Any] = {"x_key": x_key, "y_key": y_key, "image_size": image_size}
    changes |= {"channels": channels, "split_seed": split_seed, "table": table}
    if labels is not None:
        changes["labels"] = str(Path(labels).expanduser().absolute())
    given = {name: value for name, value in changes.items() if value is not None}
    return reading.open_dataset(replace(spec, **given), report=report)


def _with_labels(dataset: Dataset, labels: Path | str) -> Dataset:
    from latentlab.data.label_file import with_labels

    return with_labels(dataset, Path(labels))


def load_model(source: ModelLike, *, device: Device = "auto") -> Model:
    """Open a model file, or the newest whole checkpoint of a run folder.

    Args:
        source: A model file (.safetensors) or a run folder; a `Model` is returned as it is.
        device: Where it computes.

    Returns:
        The model: `encode`, `decode` and `sample` take and give numpy arrays.

    Raises:
        RefusedError: There is no such file, or it is damaged.
        UsageError: This computer does not have the device.

    Example:
        >>> import tempfile
        >>> from latentlab import save_model, train
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = save_model(train("digits", steps=2), Path(folder) / "a.safetensors")
        ...     load_model(path).decode([0.0, 0.0]).shape
        (1, 1, 8, 8)
    """
    from latentlab.models.model import Model

    if isinstance(source, Model):
        return source
    from latentlab.engine.reading import read_model
    from latentlab.training.runs import is_run

    path = Path(source).expanduser()
    if not path.exists():
        raise RefusedError(
            "There is no model here.",
            where=str(path),
            do="Give a model file or a run folder.",
        )
    # A model file goes straight in: its map, which a window would need, costs time to prepare.
    return Model.from_file(read_model(path).file if is_run(path) else path, device)


def save_model(
    model: ModelLike, path: Path | str, *, data: Data | None = None, half: bool = False
) -> Path:
    """Write a model as one portable file; with `data`, its embedded map and a lattice inside.

    Args:
        model: What to save.
        path: Where to; an older file is replaced in one step.
        data: Embedded and kept in the file (codes as float16), so that the map opens without it.
        half: Store weights in 16 bits: half the size, about three digits.

    Returns:
        The path.

    Raises:
        RefusedError: The data do not fit the model.
        LatentlabError: The folder can't be written.
    """
    from latentlab.engine.lattices import decode_lattice, rect_of
    from latentlab.engine.reading import stored_lattice, stored_map
    from latentlab.models.files import write_model_file

    model = load_model(model, device="cpu")
    target = Path(path)
    if data is None:
        file = model.to_file(model.stored_map, model.stored_lattice, half=half)
    else:
        dataset = data_for(model, data)
        if not model.code_dim:  # no latents, no map
            write_model_file(target, _renamed(model, dataset).to_file(half=half))
            return target
        codes = codes_of(model, dataset)
        kept = stored_map(codes)
        short = dataclasses.replace(kept, codes=kept.codes.astype(np.float16))
        lattice = decode_lattice(model, codes.plane, rect_of(codes))
        file = _renamed(model, dataset).to_file(short, stored_lattice(lattice), half=half)
    write_model_file(target, file)
    return target


def data_for(model: Model, data: Data, *, report: Report | None = None) -> Dataset:
    """Open data to look at with a model: read as its own training data were, in their units.

    Raises:
        RefusedError: The data are missing, or of another shape than the model's.
    """
    from latentlab.models.units import in_units_of

    if isinstance(data, str | Path):
        data = _like_the_models(model, str(data))
    dataset = open_dataset(data, report=report)
    shape = model.spec.shape
    if dataset.shape != shape:
        raise RefusedError(
            f"The data have the shape {dataset.shape}, the model takes {shape}.",
            where=dataset.name,
            do=f"Choose other data, or give --image-size {shape[1]}x{shape[2]}.",
        )
    return in_units_of(model.header, dataset)


def codes_of(model: Model, dataset: Dataset, *, report: Report | None = None) -> Codes:
    """Every row's code on the plane that the map shows first.

    Where a datum is a grid of codes, the model decodes the nearest of these from then on.

    Raises:
        UsageError: The data do not fit the model.
    """
    from latentlab.engine.embedding import chart_for, embed_all, fitting, make_codes
    from latentlab.engine.values import ChartSpec
    from latentlab.models.grids import Grids

    def go_on(fraction: float) -> bool:
        if report is not None:
            report(f"Embedding {dataset.name}", fraction)
        return True

    found = embed_all(model, dataset, go_on)
    if found is None:
        raise AssertionError("nobody called it off")
    z = found.z
    first = ChartSpec("principal" if z.shape[1] > 2 else "axes")
    chart = fitting(first, z.shape[1], grids=model.quantised)
    plane = chart_for(chart, z, model.spec)
    if found.tokens is not None:
        model.know(Grids(z, found.tokens))
    return make_codes(z, dataset.labels, dataset.split, plane, tokens=found.tokens)


def _renamed(model: Model, dataset: Dataset) -> Model:
    from latentlab.models.model import Model

    return Model(model.vae, _header_with(model.header, dataset))


def _header_with(header: ModelHeader, dataset: Dataset) -> ModelHeader:
    """A run folder knows its data's place alone; the map's labels need their names."""
    return replace(
        header,
        data=dataset.source,
        data_name=dataset.name,
        checksums=dict(dataset.checksums),
        label_names=dataset.label_names,
    )


def _like_the_models(model: Model, source: str) -> DataSpec:
    """Pictures of a folder come in any size: they are brought to the model's."""
    own = model.header.data
    spec = replace(own, source=source) if own is not None else DataSpec(source=source)
    channels, height, width = model.spec.shape
    if spec.image_size is None and Path(source).is_dir() and height > 1 and channels in (1, 3):
        spec = replace(spec, image_size=(height, width), channels=channels)
    return spec
