"""Data in the units of the values that a model learned from."""

from __future__ import annotations

from dataclasses import replace

from latentlab.data.dataset import Dataset
from latentlab.models.files import ModelHeader


def in_units_of(header: ModelHeader, dataset: Dataset) -> Dataset:
    """The same data, as the model reads them: what was 1 in its training is 1 here.

    A data set's own smallest and largest value are 0 and 1 to a model that is trained on it. A
    model that is shown other rows of the same table has to go on with the range that it knows, or
    it would see each of them elsewhere; so x may pass 0 and 1. Pictures keep their own white, for
    bytes and fractions mean the same; those with few levels (0 .. 15 of 0 .. 16) take the model's.

    Args:
        header: Of the model.
        dataset: Any data; the same object is returned where nothing changes.

    Example:
        >>> from latentlab.data.open import open_dataset
        >>> from latentlab.specs import DataSpec, ModelSpec
        >>> digits = open_dataset(DataSpec(source="digits"))
        >>> in_units_of(ModelHeader(model=ModelSpec(shape=digits.shape)), digits) is digits
        True
    """
    dataset = dataset.with_levels(getattr(header.model.likelihood, "levels", None))
    known = header.value_range
    if known is None or known == dataset.value_range:
        return dataset
    if dataset.kind != "image":
        return replace(dataset, value_range=known)
    low, high = known
    if dataset.levels is None or not low == 0.0 <= 1.0 < high < 255.0:
        return dataset
    return replace(dataset, value_range=known) if 2 < dataset.levels <= high else dataset
