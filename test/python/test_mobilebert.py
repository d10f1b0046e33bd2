"""MobileBERT at its real size, with random weights: what its files weigh, and what the rewrites change.

Over 10 s: five conversions of 24.6 million parameters take a minute on two idle cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import reference
from edgeline_worker.conversion import TfliteRunner, convert
from edgeline_worker.flatbuffer import check_operators, check_stands_alone, summarize
from edgeline_worker.freezing import freeze
from edgeline_worker.presets import PRESETS
from edgeline_worker.rewrites import REWRITES, rewrite
from edgeline_worker.weights import draw_random_weights

SPEC = PRESETS["mobilebert"].with_head(3)
LENGTH = 32
TEXTS = [
    np.random.Generator(np.random.PCG64(seed)).integers(1, SPEC.vocabulary_size, length, dtype=np.int32)
    for seed, length in enumerate((5, 12, 20, 27, 31, 32))
]


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    # Norms and biases too: where they are ones and zeros the converter drops operations that a real model has.
    return draw_random_weights(SPEC, 1)


@pytest.fixture(scope="module")
def expected(weights: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack([reference.logits(SPEC.to_json(), weights, tokens) for tokens in TEXTS])


class Converted:
    def __init__(
        self, folder: Path, weights: dict[str, np.ndarray], precision: str, names: Sequence[str], length: int | None
    ) -> None:
        self.file = folder / "model.tflite"
        tflite = convert(freeze(SPEC, rewrite(SPEC, weights, names), length), precision)
        assert check_stands_alone(tflite) == []
        assert check_operators(tflite, "mobilebert", length is None) == []
        self.file.write_bytes(tflite)
        self.megabytes = len(tflite) / 1e6
        # float16 weights are widened when the file is loaded, one operation each, which are no part of a run.
        operators = summarize(tflite).operators
        self.operators = sum(operators.values()) - (operators.get("DEQUANTIZE", 0) if precision == "fp16" else 0)

    def errors(self, expected: np.ndarray) -> np.ndarray:
        """Of logits, padded to the file's length there and at their own here."""
        runner = TfliteRunner(self.file, threads=2)
        return np.abs(np.stack([runner.logits(tokens) for tokens in TEXTS]) - expected)


@pytest.mark.parametrize(
    ("precision", "megabytes", "largest"), [("fp32", 97.3, 1e-4), ("fp16", 48.8, 0.1), ("int8", 25.9, np.inf)]
)
def test_with_the_rewrites(
    weights: dict[str, np.ndarray], expected: np.ndarray, tmp_path: Path, precision: str, megabytes: float, largest: float
) -> None:
    file = Converted(tmp_path, weights, precision, REWRITES, LENGTH)
    assert file.megabytes == pytest.approx(megabytes, abs=0.5)
    assert file.operators <= 850
    assert file.errors(expected).max() <= largest
    if precision != "int8":
        return
    plain = Converted(tmp_path, weights, "int8", [], LENGTH)
    assert plain.operators > 1000
    assert file.errors(expected).mean() <= 1.25 * plain.errors(expected).mean(), "but for the luck of one draw"


def test_int8_of_any_length(weights: dict[str, np.ndarray], expected: np.ndarray, tmp_path: Path) -> None:
    file = Converted(tmp_path, weights, "int8", REWRITES, None)
    assert file.megabytes <= 27.7
    assert np.isfinite(file.errors(expected)).all()
