"""MobileBERT at its real size, with random weights: what the three files weigh, how many operations they have.

Over 10 s: one export and three conversions of 24.6 million parameters take a minute on two idle cores.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import reference
from edgeline_worker.conversion import TfliteRunner, convert, measure_parity, probe_texts
from edgeline_worker.flatbuffer import check_stands_alone, summarize
from edgeline_worker.presets import PRESETS
from edgeline_worker.savedmodel import check_saved_model, write_saved_model
from edgeline_worker.weights import draw_random_weights

SPEC = PRESETS["mobilebert"].with_head(3)
LENGTH = 32


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    # Norms and biases too: where they are ones and zeros the converter drops operations that a real model has.
    return draw_random_weights(SPEC, 1)


@pytest.fixture(scope="module")
def saved_model(weights: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mobilebert")
    write_saved_model(folder, SPEC, weights)
    assert check_saved_model(folder, SPEC, weights) < 1e-4
    return folder


@pytest.mark.parametrize(
    ("precision", "megabytes", "tolerance", "largest"),
    [("fp32", 98.0, 3.0, 1e-3), ("fp16", 49.0, 2.0, 0.1), ("int8", 26.5, 2.0, np.inf)],
)
def test_sizes_and_operations_at_a_fixed_length(
    saved_model: Path,
    weights: dict[str, np.ndarray],
    tmp_path: Path,
    precision: str,
    megabytes: float,
    tolerance: float,
    largest: float,
) -> None:
    tflite = convert(saved_model, precision, LENGTH)
    assert check_stands_alone(tflite) == []
    assert len(tflite) / 1e6 == pytest.approx(megabytes, abs=tolerance)
    # float16 weights are widened when the file is loaded, one operation each, which are no part of a run.
    operators = summarize(tflite).operators
    assert sum(operators.values()) - (operators.get("DEQUANTIZE", 0) if precision == "fp16" else 0) <= 1150
    path = tmp_path / "model.tflite"
    path.write_bytes(tflite)
    texts = probe_texts(SPEC.vocabulary_size, LENGTH, 8)
    parity = measure_parity(saved_model, path, texts, threads=2)
    assert parity.max_abs_logit_difference <= largest
    assert parity.argmax_agreement >= 0.75
    if precision == "fp32":
        # Padded to the file's length there, at their own here.
        expected = np.stack([reference.logits(SPEC.to_json(), weights, tokens) for tokens in texts[:3]])
        runner = TfliteRunner(path, threads=2)
        np.testing.assert_allclose(np.stack([runner.logits(tokens) for tokens in texts[:3]]), expected, atol=1e-3)
