"""Looking through a model: figures, codes, decodes, samples and reconstructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.data.dataset import Dataset
from latentlab.errors import RefusedError, UsageError
from latentlab.specs import Denoising, Device
from latentlab.verbs.opening import Data, Floats, ModelLike, Report, data_for, load_model

if TYPE_CHECKING:
    from latentlab.models.model import Model


def embed(
    model: ModelLike,
    data: Data | Floats,
    *,
    device: Device = "auto",
    report: Report | None = None,
) -> Floats:
    """The code of every datum: its posterior mean.

    Args:
        model: The encoder.
        data: Data, or pictures (N, C, H, W) float32 in [0, 1].
        device: Where it computes.
        report: Called with what is being done and the fraction of it.

    Returns:
        (N, d) float32.

    Raises:
        RefusedError: The data do not fit the model.

    Example:
        >>> from latentlab import train
        >>> embed(train("digits", steps=2), "digits").shape
        (1797, 2)
    """
    from latentlab.engine.embedding import encode_all

    model = load_model(model, device=device)
    if isinstance(data, np.ndarray):
        return model.encode(data)
    dataset = data_for(model, data, report=report)

    def go_on(fraction: float) -> bool:
        if report is not None:
            report(f"Embedding {dataset.name}", fraction)
        return True

    z = encode_all(model, dataset, go_on)
    if z is None:
        raise AssertionError("nobody called it off")
    return z


def decode(
    model: ModelLike, z: ArrayLike, *, label: int | str | None = None, device: Device = "auto"
) -> Floats:
    """The pictures at latent points: E[x|z].

    Args:
        model: The decoder.
        z: (N, d) latents, or one (d,).
        label: Class or its name, for models that are told of classes (E[x|z, y]); without it they
            give the mean over all classes.
        device: Where it computes.

    Returns:
        (N, C, H, W) float32 in [0, 1].

    Raises:
        UsageError: The latents have another length than the model's, or there is no such class.

    Example:
        >>> from latentlab import train
        >>> decode(train("digits", steps=2), [[0.0, 0.0], [1.0, -1.0]]).shape
        (2, 1, 8, 8)
    """
    model = load_model(model, device=device)
    return model.decode(z, class_of(model, label))


def sample(
    model: ModelLike,
    count: int = 64,
    *,
    label: int | str | None = None,
    device: Device = "auto",
    seed: int = 0,
    report: Report | None = None,
) -> Floats:
    """Draw from the prior, and decode; a model without latents draws pixel after pixel.

    Args:
        model: The model.
        count: How many, at least 1.
        label: Class or its name, for models that are told of classes; without it each picture is of
            a class drawn for it.
        device: Where it computes.
        seed: The same seed draws the same.
        report: Called with what is being done and the fraction of it, where that takes time.

    Returns:
        (count, C, H, W) float32 in [0, 1]: the mean of p(x|z) at each draw of z, or the pixels
        that were drawn.

    Raises:
        UsageError: `count` is less than 1, or there is no such class.

    Example:
        >>> from latentlab import train
        >>> sample(train("digits", steps=2), 3).shape
        (3, 1, 8, 8)
    """
    if count < 1:
        raise UsageError("Nothing is asked for.", where="count", do="Ask for at least one.")

    def say(fraction: float) -> None:
        if report is not None:
            report("Drawing pixels", fraction)

    model = load_model(model, device=device)
    return model.sample(count, seed, class_of(model, label), report=say)


def reconstruct(
    model: ModelLike,
    data: Data | Floats,
    *,
    rows: ArrayLike | None = None,
    device: Device = "auto",
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Originals and what the model makes of them: x and E[x|z] at the posterior mean.

    A model that learned to denoise reads originals with the noise that it learned from; one that is
    told of classes is told those of the data.

    Args:
        model: The model.
        data: Data, or pictures (N, C, H, W) float32 in [0, 1].
        rows: Which rows of the data; None is all.
        device: Where it computes.
        seed: Of a denoising model's noise.

    Returns:
        (originals, reconstructions), each (N, C, H, W) float32 in [0, 1]; of a denoising model
        (corrupted, denoised).

    Raises:
        RefusedError: The data do not fit the model.
        UsageError: There is no such row.

    Example:
        >>> from latentlab import train
        >>> x, again = reconstruct(train("digits", steps=2), "digits", rows=[0, 17])
        >>> x.shape == again.shape == (2, 1, 8, 8)
        True
    """
    model = load_model(model, device=device)
    opened = data if isinstance(data, np.ndarray) else data_for(model, data)
    read = _as_learned_from(model, _inputs(opened, rows), seed)
    return read, model.reconstruct(read, labels=_labels(model, opened, rows))


def _labels(
    model: Model, data: Dataset | Floats, rows: ArrayLike | None
) -> NDArray[np.int64] | None:
    """The classes that the model is told of these rows."""
    from latentlab.engine.embedding import labels_for

    known = labels_for(model, data) if isinstance(data, Dataset) else None
    return known if known is None or rows is None else known[np.atleast_1d(np.asarray(rows))]


def class_of(model: Model, label: int | str | None) -> int | None:
    """The class that `label` means: by its name, or by its number.

    Raises:
        UsageError: It is neither, or the decoder knows no classes.
    """
    names = model.header.label_names
    if isinstance(label, str) and model.decoded_classes:
        if label not in names and not label.isdecimal():
            raise UsageError(
                f'There is no class "{label}".',
                where="label",
                do=f"The classes are {', '.join(names[:20])}." if names else "Give its number.",
            )
        label = names.index(label) if label in names else int(label)
    if label is None:
        return None
    number = label if isinstance(label, int) else 0  # a name, of a model that has no classes
    model.check_class(number)
    return number


def _as_learned_from(model: Model, x: Floats, seed: int) -> Floats:
    """x as the model's training showed it to the encoder: corrupted, if it learned to denoise."""
    train = model.header.train
    if train is None or not isinstance(train.objective, Denoising):
        return x
    from torch import Generator, from_numpy

    from latentlab.training.denoising import corrupted

    generator = Generator().manual_seed(seed)
    read: Floats = corrupted(from_numpy(x.copy()), train.objective, generator).numpy()
    return read


def code_of(
    model: ModelLike, row: int, data: Data | None = None, *, device: Device = "auto"
) -> NDArray[np.float64]:
    """The code of one datum (d,): from its picture, or from the map inside the model's file.

    Where a datum is a grid of codes, it is all of their vectors, one after the other.

    Raises:
        UsageError: There is no such row, or neither data nor a map.
    """
    model = load_model(model, device=device)
    if not model.code_dim:
        from latentlab.models.density import no_latents

        no_latents()
    if data is not None:
        dataset = data_for(model, data)
        x = _inputs(dataset, [row])
        if model.quantised:
            return np.asarray(model.vectors(model.tokens(x))[0], dtype=np.float64)
        code = model.encode(x, labels=_labels(model, dataset, [row]))
        return np.asarray(code[0], dtype=np.float64)
    stored = model.stored_map
    if stored is None:
        raise RefusedError(
            "The model's file holds no map to look the datum up in.",
            where=f"data:{row}",
            do="Say with --data which data it is from.",
        )
    _check_rows(np.asarray([row]), len(stored.codes))
    if stored.tokens is not None:
        return np.asarray(model.vectors(stored.tokens[[row]])[0], dtype=np.float64)
    return np.asarray(stored.codes[row], dtype=np.float64)


def _inputs(data: Dataset | Floats, rows: ArrayLike | None) -> Floats:
    count = len(data)
    chosen = np.arange(count) if rows is None else np.atleast_1d(np.asarray(rows))
    _check_rows(chosen, count)
    return data.inputs(chosen) if isinstance(data, Dataset) else data[chosen]


def _check_rows(rows: NDArray[np.int64], count: int) -> None:
    if len(rows) and not (rows.min() >= 0 and rows.max() < count):
        row = int(rows[(rows < 0) | (rows >= count)][0])
        raise UsageError(
            f"There is no row {row}.", where=f"data:{row}", do=f"Rows go from 0 to {count - 1:,}."
        )
