"""The shared vocabulary: what a model, a training and a data source are, as plain values.

Every spec is frozen, validated when it is made, and written as JSON. Nothing here imports torch,
so that dialogs may use it. A new posterior, prior, likelihood, network or objective is one tagged
class here and one class in `latentlab.models` or `latentlab.training.objectives`.

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

MAX_LATENT_DIM = 4096
MAX_SIDE = 1024

Device = Literal["auto", "cpu", "cuda", "mps", "xpu"]
Precision = Literal["auto", "float32", "bfloat16"]
Binarize = Literal["none", "static", "dynamic"]
LearningRateSchedule = Literal["constant", "cosine", "linear"]
BetaSchedule = Literal["constant", "linear", "cyclical"]

Width = Annotated[int, Meta(ge=1, le=16384)]
Side = Annotated[int, Meta(ge=1, le=MAX_SIDE)]
Positive = Annotated[float, Meta(gt=0)]
NonNegative = Annotated[float, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """The base of every spec: frozen, keyword-only, and strict about unknown fields."""


# Networks: how x becomes features and how z becomes a picture.


class Mlp(Spec, frozen=True, kw_only=True, tag="mlp"):
    """Fully connected layers; the decoder mirrors the encoder."""

    hidden: Annotated[tuple[Width, ...], Meta(min_length=1, max_length=16)] = (512, 512)


class Conv(Spec, frozen=True, kw_only=True, tag="conv"):
    """Strided convolutions and one fully connected layer; the decoder mirrors the encoder."""

    channels: Annotated[tuple[Width, ...], Meta(min_length=1, max_length=6)] = (32, 64)
    hidden: Width = 256


NetworkSpec = Mlp | Conv


# Posteriors q(z|x).


class Diagonal(Spec, frozen=True, kw_only=True, tag="diagonal"):
    """N(mu, diag(sigma^2))."""


class FullCovariance(Spec, frozen=True, kw_only=True, tag="full"):
    """N(mu, L L^T), L lower triangular with sigma on its diagonal."""


PosteriorSpec = Diagonal | FullCovariance


# Priors p(z).


class StandardNormal(Spec, frozen=True, kw_only=True, tag="normal"):
    """N(0, I)."""


PriorSpec = StandardNormal


# Likelihoods p(x|z).


class Bernoulli(Spec, frozen=True, kw_only=True, tag="bernoulli"):
    """Independent binary pixels; on grey values a loss, "Bernoulli on grey values"."""


class ContinuousBernoulli(Spec, frozen=True, kw_only=True, tag="continuous-bernoulli"):
    """A density for grey values in [0, 1] (Loaiza-Ganem and Cunningham, 2019)."""


class Gaussian(Spec, frozen=True, kw_only=True, tag="gaussian"):
    """Independent normals; scale fixed, or one learned scale with a floor."""

    scale: Positive = 0.1
    learned: bool = False


LikelihoodSpec = Bernoulli | ContinuousBernoulli | Gaussian


class ModelSpec(Spec, frozen=True, kw_only=True):
    """A VAE: networks x posterior x prior x likelihood.

    Args:
        shape: (channels, height, width) of one datum; a table row of D columns is (1, 1, D).
        latent_dim: d, the number of latents.
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


# Objectives: what a step minimises.


class Elbo(Spec, frozen=True, kw_only=True, tag="elbo"):
    """The evidence lower bound with L samples (Kingma and Welling, 2014)."""

    samples: Annotated[int, Meta(ge=1, le=1000)] = 1


class BetaVae(Spec, frozen=True, kw_only=True, tag="beta"):
    """Reconstruction minus beta times KL (Higgins et al., 2017), beta on a schedule.

    `schedule` linear: from 0 to `beta` over the first `warmup` of the steps; cyclical: that ramp
    four times (Fu et al., 2019); constant: `beta` throughout.
    """

    beta: NonNegative = 1.0
    schedule: BetaSchedule = "constant"
    warmup: Fraction = 0.25
    samples: Annotated[int, Meta(ge=1, le=1000)] = 1


ObjectiveSpec = Elbo | BetaVae


class TrainSpec(Spec, frozen=True, kw_only=True):
    """How a model learns.

    Args:
        epochs: Passes over the training rows, when neither `steps` nor `time_limit_s` is given.
        steps: Exact number of steps; recorded in a run's config so that it can be repeated.
        time_limit_s: Wall-clock budget in seconds, turned into `steps` after a short probe.
        early_stopping: Epochs without progress on validation rows before stopping; 0 is never.
            The validation rows are drawn from the training rows, never from the test rows.
        classes: Train on these label values alone; None is all rows.
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
    """

    source: str
    x_key: str | None = None
    y_key: str | None = None
    image_size: tuple[Side, Side] | None = None
    channels: Literal[1, 3] | None = None
    split_seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    nonfinite: Literal["refuse", "zero"] = "refuse"


class RunConfig(Spec, frozen=True, kw_only=True):
    """Everything that repeats a run: the exact specs, data checksums and versions.

    `data_name` and `label_names` are what a model opened from the run says of its data.
    """

    model: ModelSpec
    train: TrainSpec
    data: DataSpec
    checksums: dict[str, str] = {}
    versions: dict[str, str] = {}
    data_name: str = ""
    label_names: tuple[str, ...] = ()


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
