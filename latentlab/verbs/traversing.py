"""Traversals: what each latent alone changes in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentlab.engine.dimensions import LatentsMeasured
from latentlab.errors import RefusedError, UsageError
from latentlab.specs import Categorical, Device
from latentlab.verbs.looking import class_of, embed
from latentlab.verbs.opening import Data, Floats, ModelLike, Report, data_for, load_model

if TYPE_CHECKING:
    from latentlab.models.model import Model

ENDINGS = (".png", ".webp", ".svg", ".pdf", ".npz")
MOST_LATENTS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Traversed:
    """A strip along each latent, the one that carries most first.

    Args:
        latents: (R,) which latent each row goes along, from 0.
        values: (F,) its values.
        z: (R, F, d) the latents of the frames.
        pictures: (R, F, C, H, W) float32 in [0, 1].
        kl: (R,) mean KL of the latent to the prior, nats; None without data, or where q has no
            form for it.
        dead: (R,) whether the latent carries nothing: KL below 0.01 nat, or codes that vary by less
            than 0.01. None where neither data nor a stored map tell.
        sorted_by: "kl", "variance" (of the codes), or "number" where nothing is known of them.
    """

    latents: NDArray[np.int64]
    values: NDArray[np.float64]
    z: NDArray[np.float64]
    pictures: Floats
    kl: NDArray[np.float64] | None
    dead: NDArray[np.bool_] | None
    sorted_by: str


def traverse(
    model: ModelLike,
    at: ArrayLike | None = None,
    *,
    frames: int = 11,
    reach: float = 3.0,
    latents: Sequence[int] | None = None,
    data: Data | None = None,
    out: Path | str | None = None,
    label: int | str | None = None,
    device: Device = "auto",
    report: Report | None = None,
) -> Traversed:
    """Move one latent at a time from -reach to +reach, all others at `at`, and decode.

    Args:
        model: The decoder.
        at: (d,) where the others stay; None is 0.
        frames: F, 2 to 101.
        reach: In standard deviations of a standard normal prior.
        latents: Which, from 0, in this order; None takes those that carry most first, at most 64.
        data: Tell each latent's KL; None sorts by the variance of the codes in the model's file.
        out: A file to write: .png or .webp (a row for each latent), .svg or .pdf (with the
            latents' names), .npz (z, pictures, latents, values).
        label: Class or its name to decode all of it as, for models that are told of classes.
        device: Where it computes.
        report: Called with what is being done and the fraction of it.

    Raises:
        UsageError: A number is out of range, or the ending is unknown.
        RefusedError: The model has no latents that can be gone along one by one.
        LatentlabError: The file can't be written.

    Example:
        >>> from latentlab import train
        >>> found = traverse(train("digits", steps=2, latent_dim=3), frames=5)
        >>> found.pictures.shape, found.values.tolist()
        ((3, 5, 1, 8, 8), [-3.0, -1.5, 0.0, 1.5, 3.0])
    """
    if not 2 <= frames <= 101:
        raise UsageError(
            f"{frames} frames are out of range.", where="frames", do="Choose 2 to 101."
        )
    if not 0 < reach <= 1000:
        raise UsageError(f"A reach of {reach} is out of range.", where="reach", do="Choose 3.")
    if out is not None:
        check_ending(Path(out))
    model = load_model(model, device=device)
    middle = _middle(model, at)
    known = _measured(model, data, report)
    order = _chosen(model, known, latents)
    values = np.linspace(-reach, reach, frames)
    z = np.tile(middle, (len(order), frames, 1))  # (R, F, d)
    z[np.arange(len(order)), :, order] = values
    flat = model.decode(z.reshape(-1, model.code_dim), class_of(model, label))
    found = Traversed(
        latents=order,
        values=values,
        z=z,
        pictures=flat.reshape(len(order), frames, *flat.shape[1:]),
        kl=None if known is None or known.kl is None else known.kl[order],
        dead=None if known is None else known.dead[order],
        sorted_by="number" if known is None else "variance" if known.kl is None else "kl",
    )
    if out is not None:
        _write(model, Path(out), found, middle, label)
    return found


def check_ending(path: Path) -> None:
    """Refuse an ending that no traversal has.

    Raises:
        UsageError: The ending is unknown.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f'Traversals are not written as "{path.suffix or path.name}".',
            where=str(path),
            do=f"End the name with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.",
        )


def _middle(model: Model, at: ArrayLike | None) -> NDArray[np.float64]:
    if not model.code_dim:
        from latentlab.models.density import no_latents

        no_latents()
    if model.quantised or isinstance(model.spec.posterior, Categorical):
        raise RefusedError(
            "This model's codes are no numbers of their own: there is no way along one.",
            do="Take a model with continuous latents.",
        )
    middle = np.zeros(model.code_dim) if at is None else np.asarray(at, np.float64).ravel()
    if len(middle) != model.code_dim:
        raise UsageError(
            f"The model has {model.code_dim} latents, {len(middle)} were given.",
            where="at",
            do="Give as many numbers as the model has latents.",
        )
    return middle


def _measured(model: Model, data: Data | None, report: Report | None) -> LatentsMeasured | None:
    from latentlab.analysis.dimensions import kl_of_data, spans
    from latentlab.engine.embedding import labels_for

    kl, rows = None, 0
    if data is not None:
        dataset = data_for(model, data, report=report)
        z = embed(model, dataset, report=report)
        kl, rows = kl_of_data(model, dataset, labels_for(model, dataset))
    elif model.stored_map is not None:
        z = model.stored_map.codes.astype(np.float32)
    else:
        return None
    found = spans(z)
    return LatentsMeasured(0, found.variance, found.low, found.high, kl, rows, len(z))


def _chosen(
    model: Model, known: LatentsMeasured | None, latents: Sequence[int] | None
) -> NDArray[np.int64]:
    if latents is None:
        order = np.arange(model.code_dim) if known is None else known.order
        return np.asarray(order[:MOST_LATENTS], np.int64)
    for latent in latents:
        if not 0 <= latent < model.code_dim:
            raise UsageError(
                f"There is no latent {latent + 1}.",
                where="latents",
                do=f"The model has {model.code_dim}.",
            )
    return np.asarray(latents, np.int64)


def _write(
    model: Model,
    path: Path,
    found: Traversed,
    middle: NDArray[np.float64],
    label: int | str | None,
) -> None:
    ending = path.suffix.lower()
    if ending in (".svg", ".pdf"):
        from latentlab.parts.figures import Traversal
        from latentlab.verbs.picturing import figure

        wanted = Traversal(
            at=tuple(middle.tolist()),
            steps=len(found.values),
            reach=float(found.values[-1]),
            latents=tuple(found.latents.tolist()),
        )
        figure(model, wanted, out=path, label=label)
        return
    if ending == ".npz":
        import io

        from latentlab.files import write_atomic

        buffer = io.BytesIO()
        arrays: dict[str, Any] = {"z": found.z, "pictures": found.pictures}
        arrays |= {"latents": found.latents, "values": found.values}
        if found.kl is not None:
            arrays["kl"] = found.kl
        np.savez_compressed(buffer, **arrays)
        write_atomic(path, buffer.getvalue())
        return
    from latentlab.data.dataset import to_picture
    from latentlab.export import pictures

    flat = to_picture(found.pictures.reshape(-1, *found.pictures.shape[2:]))
    large = pictures.enlarge(flat, pictures.enlargement(flat, 56))
    pictures.write_picture(path, pictures.sheet(large, columns=len(found.values)))
