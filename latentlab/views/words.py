"""The words that people read: labels, one-line explanations, numbers and names of bounds."""

from __future__ import annotations

from latentlab.engine.messages import ModelInfo
from latentlab.rules import bound_kind
from latentlab.specs import (
    Adversarial,
    Bernoulli,
    BetaTc,
    BetaVae,
    Categorical,
    Conditional,
    ContinuousBernoulli,
    Denoising,
    Deterministic,
    Dreg,
    FactorVae,
    Flow,
    FullCovariance,
    Gaussian,
    Implicit,
    Iwae,
    LatentClassifier,
    Linear,
    Made,
    ModelSpec,
    PixelCnn,
    SemiSupervised,
    Stacked,
    TrainSpec,
    TwoLevel,
    VectorQuantised,
)
from latentlab.views.part_words import PART_FIELDS, PARTS
from latentlab.views.taking_words import TAKING_CHOICES, TAKING_EMPTY, TAKING_FIELDS

# (struct, field) -> (label, help in a line). A field without an entry is not shown.
FIELDS: dict[tuple[str, str], tuple[str, str]] = (
    {
        ("ModelSpec", "network"): ("Network", "What turns pictures into latents, and back."),
        ("ModelSpec", "latent_dim"): (
            "Latent dimensions",
            "2 fills the map; more keep more detail, and the map shows a plane of them.",
        ),
        ("ModelSpec", "posterior"): (
            "Posterior q(z|x)",
            "How unsure the model is where a datum lies.",
        ),
        ("ModelSpec", "prior"): ("Prior p(z)", "Where latents are expected to lie."),
        ("ModelSpec", "likelihood"): (
            "Likelihood p(x|z)",
            "How a decoded picture is compared with a real one.",
        ),
        ("ModelSpec", "labels"): ("Labels", "What the model is told of the classes."),
        ("TrainSpec", "labelled"): (
            "Labels shown",
            "So many labels are kept, as many of each class; the others are hidden.",
        ),
        ("TrainSpec", "objective"): ("Objective", "What a step of training makes smaller."),
        ("TrainSpec", "epochs"): ("Epochs", "Passes over the training data."),
        ("TrainSpec", "steps"): ("Steps", "Exactly this many steps instead; empty for epochs."),
        ("TrainSpec", "time_limit_s"): (
            "Time limit, seconds",
            "Stop after this long instead of counting epochs; empty for no limit.",
        ),
        ("TrainSpec", "batch_size"): ("Batch size", "Data in each step."),
        ("TrainSpec", "learning_rate"): (
            "Learning rate",
            "Size of a step; lower it if it diverges.",
        ),
        ("TrainSpec", "learning_rate_schedule"): (
            "Learning rate over time",
            "Falling to zero at the end gives a better bound.",
        ),
        ("TrainSpec", "warmup_steps"): ("Warm-up steps", "Steps in which the learning rate rises."),
        ("TrainSpec", "early_stopping"): (
            "Early stopping",
            "Epochs without progress before it stops; 0 never stops early.",
        ),
        ("TrainSpec", "binarize"): (
            "Binarise",
            "Make pixels black or white: once, or drawn anew at each step.",
        ),
        ("TrainSpec", "classes"): ("Classes", "Train on these classes alone."),
        ("TrainSpec", "seed"): ("Seed", "The same seed and settings give the same model."),
        ("TrainSpec", "device"): ("Device", "Where it is computed; automatic takes the fastest."),
        ("TrainSpec", "precision"): (
            "Precision",
            "bfloat16 is faster where the processor is made for it; automatic measures.",
        ),
        ("TrainSpec", "threads"): ("Threads", "Processor threads; empty leaves it to torch."),
        ("DataSpec", "x_key"): ("Array of pictures", "Its name inside an .npz; empty finds it."),
        ("DataSpec", "y_key"): ("Labels", "Name of the label array or column; empty finds it."),
        ("DataSpec", "labels"): (
            "Labels in a file",
            "A table with row or path, and label; instead of the data's own.",
        ),
        ("DataSpec", "image_size"): (
            "Picture size",
            "Height, width that pictures are brought to; empty decides from the data.",
        ),
        ("DataSpec", "channels"): ("Colour", "Grey or colour; automatic decides from the data."),
        ("DataSpec", "nonfinite"): ("Not a number", "What to do with values that are no numbers."),
        ("DataSpec", "split_seed"): (
            "Split seed",
            "Draws the 10 % held out, where none is published.",
        ),
    }
    | PART_FIELDS
    | TAKING_FIELDS
)

# What an empty field means.
EMPTY: dict[str, str] = {
    "steps": "by epochs",
    "time_limit_s": "no limit",
    "classes": "all",
    "labelled": "all",
    "x_key": "found",
    "y_key": "found",
    "labels": "the data's own",
} | TAKING_EMPTY

# Values of choices, in words; the parts of a model have theirs in `part_words`.
CHOICES: dict[object, str] = {
    "constant": "Constant",
    "linear": "Linear",
    "cosine": "Cosine",
    "cyclical": "Cyclical, four times",
    "none": "No, grey values",
    "static": "Once",
    "dynamic": "At each step",
    "iaf": "Inverse autoregressive",
    "maf": "Masked autoregressive",
    "spline": "Splines",
    "planar": "Planar",
    "ema": "Moving averages",
    "gradient": "A loss",
    "gaussian": "Gaussian noise",
    "mask": "Pixels set to black",
    "salt-and-pepper": "Salt and pepper",
    "auto": "Automatic",
    "cpu": "CPU",
    "cuda": "CUDA",
    "mps": "Apple MPS",
    "xpu": "Intel XPU",
    "float32": "float32",
    "bfloat16": "bfloat16",
    "refuse": "Refuse the data",
    "zero": "Read them as zero",
    1: "Grey",
    3: "Colour",
    None: "Automatic",
} | TAKING_CHOICES


def choice_word(value: object) -> str:
    """Return a tag or a value in words."""
    return CHOICES.get(value, str(value))


def bound_name(model: ModelSpec, train: TrainSpec | None) -> str:
    """Return which bound a number of nats is: likelihood and binarisation."""
    binarize = train.binarize if train else "none"
    if bound_kind(model) == "none":
        return f"reconstruction alone, {PARTS[type(model.likelihood).__name__].label}"
    match model.likelihood:
        case ContinuousBernoulli():
            return "continuous Bernoulli"
        case Gaussian():
            return "Gaussian density"
        case Bernoulli() if binarize == "none":
            return "Bernoulli on grey values"
        case Bernoulli():
            return f"Bernoulli, binarised {'once' if binarize == 'static' else 'at each step'}"
    return PARTS[type(model.likelihood).__name__].label


# Models by what is special in them; the first that fits names the open one.
KINDS: tuple[tuple[type, str], ...] = (
    (Made, "MADE"),
    (PixelCnn, "PixelCNN"),
    (TwoLevel, "VQ-VAE-2"),
    (VectorQuantised, "VQ-VAE"),
    (Stacked, "M1+M2"),
    (SemiSupervised, "M2"),
    (LatentClassifier, "M1"),
    (Conditional, "conditional VAE"),
    (Adversarial, "adversarial autoencoder"),
    (Implicit, "adversarial autoencoder"),
    (Deterministic, "autoencoder"),
    (Categorical, "categorical VAE"),
    (Linear, "linear VAE"),
    (Flow, "flow VAE"),
    (FullCovariance, "full-covariance VAE"),
)
TAUGHT: dict[type, str] = {
    BetaVae: "beta-",
    BetaTc: "TC-",
    FactorVae: "factor-",
    Iwae: "importance-weighted ",
    Dreg: "importance-weighted ",
    Denoising: "denoising ",
}


def model_words(info: ModelInfo) -> str:
    """Return the open model in a line: kind, dimensions, epoch."""
    spec, objective = info.spec, info.train.objective if info.train else None
    parts = (spec.network, spec.posterior, spec.labels, objective)
    kind = next((word for part, word in KINDS if _any(parts, part)), "")
    words = f"{TAUGHT.get(type(objective), '')}{kind or 'VAE'}"
    if isinstance(spec.posterior, Categorical) and bound_kind(spec) != "exact":
        words += f" {spec.latent_dim} \N{MULTIPLICATION SIGN} {spec.posterior.categories}"
    elif isinstance(spec.posterior, VectorQuantised) and bound_kind(spec) != "exact":
        words += f" {spec.posterior.codes} codes"
    elif bound_kind(spec) != "exact":
        words += f" {spec.latent_dim}-D"
    return f"{words}, epoch {epochs_words(info.epochs)}" if info.epochs else words


def epochs_words(epochs: float, steps: int = 0) -> str:
    """Return passes over the data as people count them: to a tenth, whole ones whole.

    Args:
        epochs: In all; the last step's batch may reach over the end of the last one.
        steps: In all, where they are known.

    Example:
        >>> epochs_words(133.07, steps=1497), epochs_words(3.14)
        ('133', '3.1')
    """
    whole = int(epochs)
    if steps and epochs - whole < epochs / steps:
        return str(whole)
    return f"{epochs:.1f}".removesuffix(".0")


def _any(parts: tuple[object, ...], kind: type) -> bool:
    return any(isinstance(part, kind) for part in parts)


def nats(value: float) -> str:
    """Return nats per datum as people read them, with a true minus sign."""
    return f"{value:.1f} nats".replace("-", "\N{MINUS SIGN}")


def number(value: float, digits: int = 2) -> str:
    """Return a number with a true minus sign."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text.lstrip("-")


def duration(seconds: float) -> str:
    """Return a time that people read at a glance.

    Example:
        >>> duration(4.2), duration(64), duration(3700)
        ('4 s', '1:04 min', '1:01 h')
    """
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
