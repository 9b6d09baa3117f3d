"""The words that people read: labels, one-line explanations, numbers and names of bounds."""

from __future__ import annotations

from latentlab.engine.messages import ModelInfo
from latentlab.specs import (
    BetaVae,
    ContinuousBernoulli,
    FullCovariance,
    Gaussian,
    ModelSpec,
    TrainSpec,
)

# (struct, field) -> (label, help in a line). A field without an entry is not shown.
FIELDS: dict[tuple[str, str], tuple[str, str]] = {
    ("ModelSpec", "network"): ("Network", "What turns pictures into latents, and back."),
    ("ModelSpec", "latent_dim"): (
        "Latent dimensions",
        "2 fills the map; more keep more detail, and the map shows a plane of them.",
    ),
    ("ModelSpec", "posterior"): ("Posterior q(z|x)", "How unsure the model is where a datum lies."),
    ("ModelSpec", "prior"): ("Prior p(z)", "Where latents are expected to lie."),
    ("ModelSpec", "likelihood"): (
        "Likelihood p(x|z)",
        "How a decoded picture is compared with a real one.",
    ),
    ("Mlp", "hidden"): ("Layers", "Units of each layer of the encoder; the decoder mirrors it."),
    ("Conv", "channels"): ("Channels", "Channels after each halving of the picture."),
    ("Conv", "hidden"): ("Dense units", "Units between the convolutions and the latents."),
    ("Gaussian", "scale"): ("Scale", "Standard deviation of a pixel; pixels lie in 0 to 1."),
    ("Gaussian", "learned"): ("Learn the scale", "Begin at the scale, then fit it to the data."),
    ("TrainSpec", "objective"): ("Objective", "What a step of training makes smaller."),
    ("Elbo", "samples"): ("Samples", "Draws of z for each datum and step."),
    ("BetaVae", "beta"): (
        "Beta",
        "Weight of the KL term: above 1 smoother and simpler, below 1 sharper.",
    ),
    ("BetaVae", "schedule"): ("Schedule", "Raising beta slowly keeps latents in use."),
    ("BetaVae", "warmup"): ("Rise", "Share of the steps until beta has risen, 0 to 1."),
    ("BetaVae", "samples"): ("Samples", "Draws of z for each datum and step."),
    ("TrainSpec", "epochs"): ("Epochs", "Passes over the training data."),
    ("TrainSpec", "steps"): ("Steps", "Exactly this many steps instead; empty for epochs."),
    ("TrainSpec", "time_limit_s"): (
        "Time limit, seconds",
        "Stop after this long instead of counting epochs; empty for no limit.",
    ),
    ("TrainSpec", "batch_size"): ("Batch size", "Data in each step."),
    ("TrainSpec", "learning_rate"): ("Learning rate", "Size of a step; lower it if it diverges."),
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
    ("DataSpec", "image_size"): (
        "Picture size",
        "Height, width that pictures are brought to; empty decides from the data.",
    ),
    ("DataSpec", "channels"): ("Colour", "Grey or colour; automatic decides from the data."),
    ("DataSpec", "nonfinite"): ("Not a number", "What to do with values that are no numbers."),
    ("DataSpec", "split_seed"): ("Split seed", "Draws the 10 % held out, where none is published."),
}

# What an empty field means.
EMPTY: dict[str, str] = {
    "steps": "by epochs",
    "time_limit_s": "no limit",
    "classes": "all",
    "x_key": "found",
    "y_key": "found",
}

# Tags of structs and values of choices, in words.
CHOICES: dict[object, str] = {
    "mlp": "Fully connected",
    "conv": "Convolutional",
    "diagonal": "Diagonal normal",
    "full": "Full covariance",
    "normal": "Standard normal",
    "bernoulli": "Bernoulli",
    "continuous-bernoulli": "Continuous Bernoulli",
    "gaussian": "Gaussian",
    "elbo": "ELBO",
    "beta": "Beta-VAE",
    "constant": "Constant",
    "linear": "Linear",
    "cosine": "Cosine",
    "cyclical": "Cyclical, four times",
    "none": "No, grey values",
    "static": "Once",
    "dynamic": "At each step",
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
}

# What a choice means, in a line; shown as its tip.
CHOICE_HELP: dict[object, str] = {
    "mlp": "Fast, and good up to about 32 x 32 pixels.",
    "conv": "Better for larger and for colour pictures; slower on a CPU.",
    "diagonal": "Each latent has its own uncertainty.",
    "full": "Latents may be uncertain together: a slightly better bound.",
    "bernoulli": "For black and white; on grey values it is a loss, not a density.",
    "continuous-bernoulli": "A true density for grey values.",
    "gaussian": "A normal around each decoded pixel.",
    "elbo": "The evidence lower bound.",
    "beta": "The bound with its KL term weighted by beta.",
}


def choice_word(value: object) -> str:
    """Return a tag or a value in words."""
    return CHOICES.get(value, str(value))


def bound_name(model: ModelSpec, train: TrainSpec | None) -> str:
    """Return which bound a number of nats is: likelihood and binarisation."""
    binarize = train.binarize if train else "none"
    match model.likelihood:
        case ContinuousBernoulli():
            return "continuous Bernoulli"
        case Gaussian():
            return "Gaussian density"
    if binarize == "none":
        return "Bernoulli on grey values"
    return f"Bernoulli, binarised {'once' if binarize == 'static' else 'at each step'}"


def model_words(info: ModelInfo) -> str:
    """Return the open model in a line: kind, dimensions, epoch."""
    kind = "full-covariance VAE" if isinstance(info.spec.posterior, FullCovariance) else "VAE"
    if info.train and isinstance(info.train.objective, BetaVae):
        kind = f"beta-{kind}"
    words = f"{kind} {info.spec.latent_dim}-D"
    return f"{words}, epoch {info.epochs:.4g}" if info.epochs else words


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
