"""Model files and run folders, as far as they can be opened without torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from latentlab.engine.embedding import has_gaps, make_codes
from latentlab.engine.values import Codes, Lattice, ModelInfo
from latentlab.errors import RefusedError
from latentlab.latent.cells import grid_chart
from latentlab.latent.charts import Chart, Plane, axes_plane
from latentlab.latent.layouts import Layout, lay
from latentlab.models.files import (
    Figures,
    ModelFile,
    ModelHeader,
    StoredLattice,
    StoredMap,
    read_model_file,
)
from latentlab.specs import Categorical, ModelSpec
from latentlab.training.records import EpochMetrics, Terms
from latentlab.training.runs import Run, is_run


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a path held."""

    file: ModelFile
    info: ModelInfo
    codes: Codes | None
    lattice: Lattice | None


def read_model(path: Path) -> Found:
    """Open a model file, or the newest whole generation of a run folder.

    Raises:
        RefusedError: Neither is there, or it is damaged.
    """
    run = is_run(path)
    file = _read_run(path) if run else read_model_file(path)
    info = info_of(file.header, file.parameter_count, path=path, run=path if run else None)
    codes = None if file.map is None else _codes(file.map, file.header.model)
    lattice = None if file.lattice is None else Lattice(file.lattice.rect, file.lattice.images)
    return Found(file, info, codes, lattice)


def info_of(
    header: ModelHeader,
    parameter_count: int,
    *,
    path: Path | None = None,
    run: Path | None = None,
) -> ModelInfo:
    """What the window says of a model."""
    figures = header.held_out
    held_out = None
    if figures is not None:
        held_out = Terms(**msgspec.structs.asdict(figures))
    return ModelInfo(
        name=header.name or (path.stem if path is not None else "VAE"),
        spec=header.model,
        train=header.train,
        path=path,
        run=run,
        data_name=header.data_name,
        data=header.data,
        checksums=dict(header.checksums),
        label_names=header.label_names,
        epochs=round(header.epochs, 1),
        held_out=held_out,
        parameter_count=parameter_count,
    )


def stored_map(codes: Codes) -> StoredMap:
    """Codes as a model file keeps them."""
    plane = codes.plane
    # A grid of cells is found again from the codes; a layout is kept beside a plane.
    kept = plane if isinstance(plane, Plane) else axes_plane(plane.latent_dim)
    stored = StoredMap(
        codes.z, codes.labels, codes.split, kept.origin, kept.axes, kept.names, codes.tokens
    )
    if isinstance(plane, Layout) and np.isfinite(plane.xy).all():
        return replace(stored, places=plane.xy, layout=plane.kind, laid_out=plane.fitted)
    return stored


def stored_lattice(lattice: Lattice) -> StoredLattice:
    """A lattice as a model file keeps it."""
    return StoredLattice(lattice.rect, lattice.images)


def _codes(stored: StoredMap, spec: ModelSpec) -> Codes:
    z = stored.codes.astype(np.float32)
    plane: Chart = Plane(stored.origin, stored.axes, stored.axis_names)
    if isinstance(spec.posterior, Categorical):
        plane = grid_chart(z, spec.latent_dim, spec.posterior.categories)
    elif stored.places is not None and stored.layout:
        plane = lay(stored.layout, z, stored.places, stored.laid_out)
    return make_codes(
        z,
        stored.labels,
        stored.split,
        plane,
        tokens=stored.tokens,
        gaps=has_gaps(spec),
    )


def _read_run(path: Path) -> ModelFile:
    with Run.open(path, read_only=True) as run:
        generation = run.newest()
        metrics = run.read_metrics()
        config = run.config
    try:
        weights = safetensors.load(generation.weights)
    except (SafetensorError, ValueError, KeyError) as error:
        raise RefusedError(
            "The run's newest checkpoint is damaged.", where=str(path), do="Train it again."
        ) from error
    last: EpochMetrics | None = metrics[-1] if metrics else None
    figures = None
    if last is not None and last.held_out is not None:
        figures = Figures(**asdict(last.held_out))
    header = ModelHeader(
        model=config.model,
        name=path.name,
        train=config.train,
        data=config.data,
        data_name=config.data_name or Path(config.data.source).name,
        checksums=config.checksums,
        label_names=config.label_names,
        epochs=float(last.epoch) if last is not None else 0.0,
        held_out=figures,
        versions=config.versions,
    )
    return ModelFile(header, weights)
