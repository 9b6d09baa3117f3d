"""The words of a model's parts: what each choice is called, what it means, and its group."""

from __future__ import annotations

from typing import NamedTuple


class PartWords(NamedTuple):
    """A choice of a part: its name, a line of what it means, and the group it stands in."""

    label: str
    help: str
    group: str = ""


GAUSSIAN, OTHER = "With a density", "Without one"
LATENTS, EXACT = "With latents", "Exact likelihood, no latents"
LEARNED, FIXED, CODES = "Learned", "Fixed", "Over codes"
GREY, COUNTS = "Pixels", "Levels and counts"
BOUNDS, APART, NO_BOUND, LABELS = "Bounds", "Latents apart", "Without a bound", "With few labels"

# By the name of the spec's class; None is "nothing".
PARTS: dict[str | None, PartWords] = {
    "Mlp": PartWords("Fully connected", "Fast, and good up to about 32 x 32 pixels.", LATENTS),
    "Conv": PartWords(
        "Convolutional", "Better for larger and for colour pictures; slower on a CPU.", LATENTS
    ),
    "Linear": PartWords("Linear", "No hidden layer: what PCA finds, with a bound.", LATENTS),
    "TwoLevel": PartWords(
        "Two grids (VQ-VAE-2)", "A coarse and a fine grid of codes; sharp samples.", LATENTS
    ),
    "Made": PartWords("MADE", "Pixel after pixel by masked layers; there is no map.", EXACT),
    "PixelCnn": PartWords("PixelCNN", "Pixel after pixel by convolutions; there is no map.", EXACT),
    "Diagonal": PartWords("Diagonal normal", "Each latent has its own uncertainty.", GAUSSIAN),
    "FullCovariance": PartWords(
        "Full covariance", "Latents may be uncertain together: a slightly better bound.", GAUSSIAN
    ),
    "Flow": PartWords(
        "Normalizing flow", "A normal bent to any shape; the KL is sampled.", GAUSSIAN
    ),
    "Categorical": PartWords(
        "Categorical", "Each latent is one of a few kinds; the map is a grid of codes.", GAUSSIAN
    ),
    "VectorQuantised": PartWords(
        "Vector-quantised", "A grid of codes from a codebook; sharp, no smooth map.", OTHER
    ),
    "Deterministic": PartWords(
        "None (autoencoder)", "One code and no noise: a map with gaps, and no bound.", OTHER
    ),
    "Implicit": PartWords(
        "Implicit (adversarial)", "A network of noise; a discriminator shapes it.", OTHER
    ),
    "StandardNormal": PartWords("Standard normal", "One round cloud around zero.", FIXED),
    "Mixture": PartWords("Gaussian mixture", "Several clouds, learned.", LEARNED),
    "Vamp": PartWords("VampPrior", "The posteriors of learned pseudo-pictures.", LEARNED),
    "FlowPrior": PartWords("Flow", "A normal bent to where the data lie.", LEARNED),
    "UniformCategorical": PartWords("Uniform codes", "Every code as likely as any other.", CODES),
    "Autoregressive": PartWords(
        "Autoregressive codes", "Code after code, learned at the end; needed to sample.", CODES
    ),
    "Bernoulli": PartWords(
        "Bernoulli", "For black and white; on grey values it is a loss, not a density.", GREY
    ),
    "ContinuousBernoulli": PartWords(
        "Continuous Bernoulli", "A true density for grey values.", GREY
    ),
    "Gaussian": PartWords("Gaussian", "A normal around each decoded pixel.", GREY),
    "Logistic": PartWords(
        "Logistic levels", "The chance of each grey level; bits per pixel mean something.", COUNTS
    ),
    "Poisson": PartWords("Poisson", "Counts that vary as much as their mean.", COUNTS),
    "NegativeBinomial": PartWords(
        "Negative binomial", "Counts that vary more than their mean.", COUNTS
    ),
    "Elbo": PartWords("ELBO", "The evidence lower bound.", BOUNDS),
    "BetaVae": PartWords("Beta-VAE", "The bound with its KL term weighted by beta.", BOUNDS),
    "Iwae": PartWords("IWAE", "A tighter bound from several samples of each datum.", BOUNDS),
    "Dreg": PartWords("IWAE, DReG gradient", "The same bound with a less noisy gradient.", BOUNDS),
    "Denoising": PartWords("Denoising", "Read a damaged picture, restore the clean one.", BOUNDS),
    "BetaTc": PartWords(
        "Beta-TCVAE", "Latents that depend on each other cost more: one factor each.", APART
    ),
    "FactorVae": PartWords(
        "FactorVAE", "The same aim, by a discriminator; slower, sharper.", APART
    ),
    "VqVae": PartWords("VQ-VAE", "Codebook and commitment losses, then a prior.", NO_BOUND),
    "Autoencoder": PartWords(
        "Autoencoder", "The reconstruction alone; there is no bound.", NO_BOUND
    ),
    "Adversarial": PartWords("Adversarial (AAE)", "A discriminator in place of the KL.", NO_BOUND),
    "MaximumLikelihood": PartWords("Likelihood", "The exact log-likelihood.", BOUNDS),
    "M1": PartWords("M1", "A VAE, then a classifier on its latents.", LABELS),
    "M2": PartWords("M2", "The class is a latent, known for a few data.", LABELS),
    "M1M2": PartWords("M1+M2", "M2 on the latents of M1: best with few labels.", LABELS),
    None: PartWords("Nothing", "The model is not told of labels."),
    "Conditional": PartWords("Told the class", "The same z can be decoded as every class."),
    "LatentClassifier": PartWords("Classifier on z", "Comes with the objective M1."),
    "SemiSupervised": PartWords("Class as a latent", "Comes with the objective M2."),
    "Stacked": PartWords("Class over latents", "Comes with the objective M1+M2."),
}

# (struct, field) -> (label, help in a line), of the parts' own fields.
PART_FIELDS: dict[tuple[str, str], tuple[str, str]] = {
    ("Mlp", "hidden"): ("Layers", "Units of each layer of the encoder; the decoder mirrors it."),
    ("Conv", "channels"): ("Channels", "Channels after each halving of the picture."),
    ("Conv", "hidden"): ("Dense units", "Units between the convolutions and the latents."),
    ("TwoLevel", "channels"): ("Channels", "Of the feature maps."),
    ("TwoLevel", "residual"): ("Residual blocks", "Of each encoder and of the decoder."),
    ("Made", "hidden"): ("Layers", "Units of each masked layer."),
    ("Made", "orders"): ("Orders", "Orders of the pixels that are averaged."),
    ("PixelCnn", "channels"): ("Channels", "Of the feature maps."),
    ("PixelCnn", "layers"): ("Layers", "Residual blocks, one after the other."),
    ("PixelCnn", "kernel"): ("Kernel", "Side of the first convolution, in pixels."),
    ("Flow", "transform"): ("Layers are", "What bends the normal."),
    ("Flow", "layers"): ("Number of layers", "More bend it further, and take longer."),
    ("Flow", "hidden"): ("Units", "Of the networks inside each layer."),
    ("Categorical", "categories"): ("Categories", "Kinds of each latent."),
    ("Categorical", "hard"): ("Decode one kind", "The decoder never sees a mixture of kinds."),
    ("Categorical", "temperature"): ("Temperature", "At the first step; high mixes the kinds."),
    ("Categorical", "final_temperature"): ("At the end", "Low: nearly one kind."),
    ("VectorQuantised", "codes"): ("Codes", "Vectors of the codebook."),
    ("VectorQuantised", "tokens"): ("Tokens", "Codes of a datum (fully connected networks)."),
    ("VectorQuantised", "codebook"): ("Codebook by", "How codes follow what they stand for."),
    ("VectorQuantised", "decay"): ("Decay", "Of the moving averages, 0 to 1."),
    ("VectorQuantised", "commitment"): ("Commitment", "Holds the encoder to its codes."),
    ("VectorQuantised", "revive"): ("Revive dead codes", "Unused codes restart at the data."),
    ("Implicit", "noise"): ("Noise", "Random values beside the picture."),
    ("Mixture", "components"): ("Clouds", "Normals of the mixture."),
    ("Vamp", "components"): ("Pseudo-pictures", "Learned inputs whose posteriors are mixed."),
    ("FlowPrior", "layers"): ("Layers", "More bend it further."),
    ("FlowPrior", "hidden"): ("Units", "Of the networks inside each layer."),
    ("Autoregressive", "channels"): ("Channels", "Of its feature maps."),
    ("Autoregressive", "layers"): ("Layers", "One after the other."),
    ("Gaussian", "scale"): ("Scale", "Standard deviation of a pixel; pixels lie in 0 to 1."),
    ("Gaussian", "learned"): ("Learn the scale", "Begin at the scale, then fit it to the data."),
    ("Logistic", "components"): ("Components", "Logistics of each pixel."),
    ("Elbo", "samples"): ("Samples", "Draws of z for each datum and step."),
    ("BetaVae", "beta"): (
        "Beta",
        "Weight of the KL term: above 1 smoother and simpler, below 1 sharper.",
    ),
    ("BetaVae", "schedule"): ("Schedule", "Raising beta slowly keeps latents in use."),
    ("BetaVae", "warmup"): ("Rise", "Share of the steps until beta has risen, 0 to 1."),
    ("BetaVae", "free_bits"): ("Free nats", "KL of each latent that costs nothing."),
    ("BetaVae", "samples"): ("Samples", "Draws of z for each datum and step."),
    ("BetaTc", "beta"): ("Beta", "Weight of the total correlation."),
    ("FactorVae", "gamma"): ("Gamma", "Weight of the total correlation."),
    ("FactorVae", "hidden"): ("Discriminator", "Units of each of its layers."),
    ("FactorVae", "learning_rate"): ("Its learning rate", "Of the discriminator."),
    ("Iwae", "samples"): ("Samples", "Draws of z for each datum and step (K)."),
    ("Dreg", "samples"): ("Samples", "Draws of z for each datum and step (K)."),
    ("Denoising", "noise"): ("Damage", "What is done to the picture that is read."),
    ("Denoising", "amount"): ("Amount", "Share of the pixels, or the noise's deviation."),
    ("VqVae", "prior_share"): ("Share of the prior", "Of the steps, 0 to 1."),
    ("Adversarial", "weight"): ("Weight", "Of fooling the discriminator, in nats."),
    ("Adversarial", "hidden"): ("Discriminator", "Units of each of its layers."),
    ("Adversarial", "learning_rate"): ("Its learning rate", "Of the discriminator."),
    ("M1", "classifier_share"): ("Share of the classifier", "Of the steps, 0 to 1."),
    ("M1", "code_beta"): ("KL weight of the codes", "Below 1 more of them are used."),
    ("M2", "alpha"): ("Alpha", "Weight of the classifier on labelled data."),
    ("M2", "labelled_share"): ("Labelled share", "Of each batch, 0 to 1."),
    ("M1M2", "first_share"): ("Share of M1", "Of the steps, 0 to 1."),
    ("M1M2", "alpha"): ("Alpha", "Weight of the classifier on labelled data."),
    ("M1M2", "labelled_share"): ("Labelled share", "Of each batch, 0 to 1."),
    ("M1M2", "code_beta"): ("KL weight of the codes", "Below 1 more of them are used."),
    ("LatentClassifier", "hidden"): ("Classifier", "Units of each of its layers."),
    ("SemiSupervised", "hidden"): ("Classifier", "Units of each of its layers."),
    ("Stacked", "inner_dim"): ("Inner latents", "Latents of the M2 on the codes."),
    ("Stacked", "hidden"): ("Layers", "Units of each of its layers."),
    ("Stacked", "dropout"): ("Dropout", "Share of the classifier's inputs left out."),
}
