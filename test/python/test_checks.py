"""What is wrong with a training is said before it begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edgeline_worker.batches import EncodedTexts
from edgeline_worker.checks import check_labels
from edgeline_worker.protocol import StageError
from training_rig import encoded

CLASSES = ["NEGATIVE", "NEUTRAL", "POSITIVE"]


def texts(*labels: int) -> EncodedTexts:
    return encoded([np.array([101, 102], np.int32)] * len(labels), np.array(labels, np.int32))


def test_a_class_without_a_training_text_is_named() -> None:
    with pytest.raises(StageError, match="none of the 3 training texts is NEUTRAL") as caught:
        check_labels(Path("train.jsonl"), texts(0, 2, 2), CLASSES, every_class=True)
    assert caught.value.code == "empty-class"
    with pytest.raises(StageError, match="is NEGATIVE or POSITIVE"):
        check_labels(Path("train.jsonl"), texts(1), CLASSES, every_class=True)
    check_labels(Path("train.jsonl"), texts(0, 1, 2), CLASSES, every_class=True)
    check_labels(Path("validation.jsonl"), texts(0, 2, 2), CLASSES, every_class=False)


@pytest.mark.parametrize("label", [3, -1])
def test_a_label_that_is_no_class_is_named_with_its_line(label: int) -> None:
    with pytest.raises(StageError, match=f"text t1 has the label {label}, but there are 3 classes") as caught:
        check_labels(Path("train.jsonl"), texts(0, label, 2), CLASSES, every_class=True)
    assert (caught.value.code, caught.value.file, caught.value.line) == ("unknown-label", "train.jsonl", 2)
