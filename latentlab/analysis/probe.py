"""A linear probe on z: how well it names the class, and whether its confidence can be believed.

Among the answers that a probe gives with confidence c, a share c should be right. The expected
calibration error is the mean gap, weighted by how many answers there are (Guo et al., 2017).
"""

from __future__ import annotations

import warnings

import msgspec
import numpy as np
from numpy.typing import NDArray

from latentlab.analysis.neighbours import PROBE_STEPS, Codes, Labels, labelled

BINS = 15


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Confidence against accuracy, in bins of equal width that hold any answers.

    Args:
        expected_error: Mean |accuracy - confidence|, 0 to 1.
        confidence: (bins,) mean confidence of the answers.
        accuracy: (bins,) share of them that are right.
        count: (bins,) answers.
    """

    expected_error: float
    confidence: list[float]
    accuracy: list[float]
    count: list[int]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """Logistic regression from train codes to the classes of test codes.

    Args:
        accuracy: Share of 1.
        calibration: Of its probabilities.
        chance: Accuracy of always naming the commonest class.
    """

    accuracy: float
    calibration: Calibration
    chance: float


def linear_probe(train_z: Codes, train_y: Labels, test_z: Codes, test_y: Labels) -> Probe | None:
    """Fit on (N, d) train codes, judge on (M, d) test codes; labels -1 are left out.

    Returns:
        None where a side has no labels or there is one class alone.

    Example:
        >>> z, y = np.array([[0.0], [0.1], [5.0], [5.1]]), np.array([0, 0, 1, 1])
        >>> linear_probe(z, y, z, y).accuracy
        1.0
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = labelled(train_z, train_y, test_z, test_y)
    if known is None:
        return None
    train_z, train_y, test_z, test_y = known
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=PROBE_STEPS))
    with warnings.catch_warnings():
        # Classes that a plane separates wholly have no finite optimum; the accuracy is settled.
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe.fit(train_z.astype(np.float64), train_y)
    chances = probe.predict_proba(test_z.astype(np.float64))  # (M, classes)
    named = probe.classes_[chances.argmax(1)]
    right = named == test_y
    return Probe(
        accuracy=float(right.mean()),
        calibration=calibration(chances.max(1), right),
        chance=float(np.bincount(test_y).max() / len(test_y)),
    )


def calibration(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = BINS
) -> Calibration:
    """Of answers (M,) with their confidence (M,) in [0, 1].

    Example:
        >>> calibration(np.array([0.9, 0.9]), np.array([True, False])).expected_error
        0.4
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins)
    held = count > 0
    mean = np.bincount(place, confidence, minlength=bins)[held] / count[held]
    share = np.bincount(place, right, minlength=bins)[held] / count[held]
    gap = float((np.abs(share - mean) * count[held]).sum() / len(confidence))
    return Calibration(
        expected_error=round(gap, 12),
        confidence=mean.tolist(),
        accuracy=share.tolist(),
        count=count[held].tolist(),
    )
