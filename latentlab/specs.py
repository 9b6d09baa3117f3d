"""The shared vocabulary: what a model, a training and a data source are, as plain values.

Every spec is frozen, validated when it is made, and written as JSON. Nothing here imports torch,
so that dialogs may use it. A new posterior, prior, likelihood, network or objective is one tagged
class in `latentlab.parts` and one class in `latentlab.models` or `latentlab.training`.

Example:
    >>> spec = ModelSpec(shape=(1, 28, 28))
    >>> decode_json(encode_json(spec), ModelSpec) == spec
    True
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from latentlab.errors import RefusedError
from latentlab.parts.base import (
    MAX_SIDE,
    Fraction,
    NonNegative,
    Positive,
    Side,
    Spec,
    Width,
    tag_of,
)
from latentlab.parts.distributions import (
    Autoregressive,
    Bernoulli,
    Categorical,
    Conditional,
    ContinuousBernoulli,
    Deterministic,
    Diagonal,
    Flow,
    FlowPrior,
    FullCovariance,
    Gaussian,
    Implicit,
    LabelsSpec,
    LatentClassifier,
    LikelihoodSpec,
    Logistic,
    Mixture,
    NegativeBinomial,
    Poisson,
    PosteriorSpec,
    PriorSpec,
    SemiSupervised,
    Stacked,
    StandardNormal,
    UniformCategorical,
    Vamp,
    VectorQuantised,
)
from latentlab.parts.networks import Conv, Linear, Made, Mlp, NetworkSpec, PixelCnn, TwoLevel
from latentlab.parts.objectives import (
    M1,
    M1M2,
    M2,
    Adversarial,
    Autoencoder,
    BetaSchedule,
    BetaTc,
    BetaVae,
    Denoising,
    Dreg,
    Elbo,
    FactorVae,
    Iwae,
    MaximumLikelihood,
    ObjectiveSpec,
    VqVae,
)

__all__ = [
    "M1",
    "M1M2",
    "M2",
    "MAX_LATENT_DIM",
    "MAX_SIDE",
    "Adversarial",
    "Autoencoder",
    "Autoregressive",
    "Bernoulli",
    "BetaSchedule",
    "BetaTc",
    "BetaVae",
    "Binarize",
    "Categorical",
    "Conditional",
    "ContinuousBernoulli",
    "Conv",
    "DataSpec",
    "Denoising",
    "Deterministic",
    "Device",
    "Diagonal",
    "Dreg",
    "Elbo",
    "FactorVae",
    "Flow",
    "FlowPrior",
    "Fraction",
    "FullCovariance",
    "Gaussian",
    "Implicit",
    "Iwae",
    "LabelsSpec",
    "LatentClassifier",
    "LearningRateSchedule",
    "LikelihoodSpec",
    "Linear",
    "Logistic",
    "Made",
    "MaximumLikelihood",
    "Mixture",
    "Mlp",
    "ModelSpec",
    "NegativeBinomial",
    "NetworkSpec",
    "NonNegative",
    "ObjectiveSpec",
    "PixelCnn",
    "Poisson",
    "Positive",
    "PosteriorSpec",
    "Precision",
    "PriorSpec",
    "RunConfig",
    "SemiSupervised",
    "Side",
    "Spec",
    "Stacked",
    "StandardNormal",
    "TrainSpec",
    "TwoLevel",
    "UniformCategorical",
    "Vamp",
    "VectorQuantised",
    "VqVae",
    "Width",
    "decode_json",
    "encode_json",
    "replace",
    "tag_of",
]

MAX_LATENT_DIM = 4096

Device = Literal["auto", "cpu", "cuda", "mps", "xpu"]
Precision = Literal["auto", "float32", "bfloat16"]
Binarize = Literal["none", "static", "dynamic"]
LearningRateSchedule = Literal["constant", "cosine", "linear"]


class ModelSpec(Spec, frozen=True, kw_only=True):
    """A VAE: networks x posterior x prior x likelihood.

    Args:
        shape: (channels, height, width) of one datum; a table row of D columns is (1, 1, D).
        latent_dim: d, the number of latents; the length of a code vector for `vq`; of no
            meaning for a network without latents (`made`, `pixelcnn`).
        labels: What the model knows of labels; None is nothing.
    """

    shape: tuple[
        Annotated[int, Meta(ge=1, le=64)],
        Annotated[int, Meta(ge=1, le=MAX_SIDE)],
        Annotated[int, Meta(ge=1, le=16384)],
    ]
    latent_dim: Annotated[int, Meta(ge=1, le=MAX_LATENT_DIM)] = 2
    network: NetworkSpec = Mlp()
    posterior: PosteriorSpec = Diagonal()
    prior: PriorSpec = StandardNormal()
    likelihood: LikelihoodSpec = Bernoulli()
    labels: LabelsSpec | None = None


class TrainSpec(Spec, frozen=True, kw_only=True):
    """How a model learns.

    Args:
        epochs: Passes over the training rows, when neither `steps` nor `time_limit_s` is given.
        steps: Exact number of steps; recorded in a run's config so that it can be repeated.
        time_limit_s: Wall-clock budget in seconds, turned into `steps` after a short probe.
        early_stopping: Epochs without progress on validation rows before stopping; 0 is never.
            The validation rows are drawn from the training rows, never from the test rows.
        binarize: Pixels become 0 or 1 with the probability of their grey value: static, one draw by
            `seed` for good (not the published draw of MNIST, which is noise of its own); dynamic, a
            fresh draw with each batch. Held-out rows are judged by one fixed draw in both.
        classes: Train on these label values alone; None is all rows.
        labelled: Keep this many labels of the training rows, the same number of each class, drawn
            by seed, and hide the others; None is all.
        threads: torch threads, recorded in a run's config; None takes torch's default, or one where
            a short measurement finds that the others only wait for each other.
    """

    objective: ObjectiveSpec = Elbo()
    epochs: Annotated[int, Meta(ge=1, le=1_000_000)] = 20
    steps: Annotated[int, Meta(ge=1)] | None = None
    time_limit_s: Positive | None = None
    batch_size: Annotated[int, Meta(ge=1, le=1_000_000)] = 256
    learning_rate: Annotated[float, Meta(gt=0, le=10)] = 2e-3
    learning_rate_schedule: LearningRateSchedule = "cosine"
    warmup_steps: Annotated[int, Meta(ge=0)] = 0
    early_stopping: Annotated[int, Meta(ge=0)] = 0
    binarize: Binarize = "none"
    classes: tuple[int, ...] | None = None
    labelled: Annotated[int, Meta(ge=1)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    device: Device = "auto"
    precision: Precision = "auto"
    threads: Annotated[int, Meta(ge=1, le=1024)] | None = None


class DataSpec(Spec, frozen=True, kw_only=True):
    """Where a data set comes from and how it is read.

    Args:
        source: A catalogue name (`digits`, `mnist`, ...), a file or a folder.
        x_key: Array name inside an .npz; None finds it.
        y_key: Label array name inside an .npz, or label column of a table; None finds it.
        image_size: (height, width) that pictures are brought to; None decides from the data.
        channels: 1 grey, 3 colour; None decides from the data.
        split_seed: Seed of the 90/10 split where none is published.
        nonfinite: NaN and infinite values: refuse the data, or read them as zero.
        table: What the columns of a table are: real numbers, or counts; None sees it from their
            values, and says so.
    """

    source: str
    x_key: str | None = None
    y_key: str | None = None
    image_size: tuple[Side, Side] | None = None
    channels: Literal[1, 3] | None = None
    split_seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    nonfinite: Literal["refuse", "zero"] = "refuse"
    labels: str | None = None
    table: Literal["numbers", "counts"] | None = None


class RunConfig(Spec, frozen=True, kw_only=True):
    """Everything that repeats a run: the exact specs, data checksums and versions.

    `data_name` and `label_names` are what a model opened from the run says of its data.
    `threads_changed` is the step from which another number of threads computed convolutions, on a
    busy computer: the last bits of such a run are not repeated.
    """

    model: ModelSpec
    train: TrainSpec
    data: DataSpec
    checksums: dict[str, str] = msgspec.field(default_factory=dict)
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    data_name: str = ""
    label_names: tuple[str, ...] = ()
    threads_changed: int | None = None


S = TypeVar("S", bound=Spec)


def encode_json(spec: Spec) -> bytes:
    """Return `spec` as indented UTF-8 JSON."""
    return msgspec.json.format(msgspec.json.encode(spec), indent=2)


def decode_json(data: bytes | str, kind: type[S], *, where: str = "") -> S:
    """Read a spec of type `kind` from JSON.

    Raises:
        RefusedError: The text is not JSON, or a value is missing, unknown or out of range.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedError(
            f"The configuration is not valid: {error}.", where=where, do="Correct it and try again."
        ) from error


def replace(spec: S, **changes: Any) -> S:
    """Return a copy of `spec` with `changes`, validated like a new one.

    Raises:
        RefusedError: A changed value is out of range.
    """
    changed = msgspec.structs.replace(spec, **changes)
    return decode_json(msgspec.json.encode(changed), type(spec))
