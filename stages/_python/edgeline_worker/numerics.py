"""Figures of a classifier, from a confusion matrix whose rows are the truth."""

from __future__ import annotations

import numpy as np


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """int (n,) twice to int64 (classes, classes): rows are the truth, columns what was predicted."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: np.ndarray) -> float:
    """Share on the diagonal, 0 to 1; 0 for an empty matrix."""
    total = confusion.sum()
    return float(np.trace(confusion) / total) if total else 0.0


def macro_f1(confusion: np.ndarray) -> float:
    """Unweighted mean over the classes of F1, 0 to 1; a class without truth and prediction counts as 0.

    As scikit-learn's `f1_score(average="macro", zero_division=0)`.
    """
    right = np.diag(confusion).astype(np.float64)
    either = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.mean(np.divide(2 * right, either, out=np.zeros_like(right), where=either > 0)))
