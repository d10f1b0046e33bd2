"""Figures of a classifier, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from edgeline_worker.numerics import accuracy, confusion_matrix, macro_f1


def test_by_hand() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 2, 2])
    confusion = confusion_matrix(truth, predicted, 3)
    assert confusion.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert accuracy(confusion) == pytest.approx(4 / 6)
    # F1 of the classes: 4/5, 1/2, 2/3.
    assert macro_f1(confusion) == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)


def test_a_class_that_nothing_has_counts_as_zero() -> None:
    confusion = confusion_matrix(np.array([0, 1]), np.array([0, 1]), 3)
    assert macro_f1(confusion) == pytest.approx(2 / 3)


def test_always_the_same_answer() -> None:
    confusion = confusion_matrix(np.array([0, 1, 2, 2]), np.full(4, 2), 3)
    assert accuracy(confusion) == 0.5
    assert macro_f1(confusion) == pytest.approx((0 + 0 + 2 / 3) / 3)
