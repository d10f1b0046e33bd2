"""What is known of a converted file: where its bytes are, what its weights lost, and how its answers changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edgeline_worker.flatbuffer import constants
from edgeline_worker.numerics import accuracy, confusion_matrix, macro_f1

WORST = 10

PARTS = ("embedding", "attention", "feed_forward", "bottleneck", "other", "structure")
"""`other` is the head and constants that are no weights; `structure` is what describes the graph."""


def part_of(name: str) -> str:
    """Of a constant, whose name is made of those of the layers that it came from."""
    for piece in name.split(";"):
        if piece.startswith("embeddings."):
            return "embedding"
        if ".bottleneck." in piece or ".wide." in piece:
            return "bottleneck"
        if ".attention." in piece:
            return "attention"
        if piece.startswith("encoder.layer."):
            return "feed_forward"
    return "other"


def bytes_by_part(tflite: bytes) -> dict[str, int]:
    """Adds up to the file's size. A buffer that several tensors share counts once, for the first of them."""
    sizes = dict.fromkeys(PARTS, 0)
    seen: set[int] = set()
    for constant in constants(tflite):
        if constant.buffer not in seen:
            seen.add(constant.buffer)
            sizes[part_of(constant.name)] += constant.bytes
    sizes["structure"] = len(tflite) - sum(sizes.values())
    return sizes


@dataclass(frozen=True)
class WeightError:
    """What one tensor lost: `relative` is the norm of the difference over the norm of the original."""

    name: str
    kind: str
    relative: float
    max_abs: float


def weight_errors(tflite: bytes, original: Mapping[str, np.ndarray]) -> list[WeightError]:
    """Of each constant that has the name and the shape of an original one, the largest relative error first."""
    errors: dict[str, WeightError] = {}
    for constant in constants(tflite):
        before = original.get(constant.name)
        if before is None or before.shape != constant.shape:
            continue
        after = constant.values
        if after is None:
            continue
        difference = after.astype(np.float64) - before
        norm = float(np.linalg.norm(before))
        relative = float(np.linalg.norm(difference)) / norm if norm > 0 else 0.0
        errors[constant.name] = WeightError(
            constant.name, constant.kind, relative, float(np.abs(difference).max(initial=0.0))
        )
    return sorted(errors.values(), key=lambda error: (-error.relative, error.name))


@dataclass(frozen=True)
class Parity:
    """A file's answers beside those of the SavedModel, on the same texts."""

    texts: int
    max_abs_logit_difference: float
    mean_abs_logit_difference: float
    argmax_agreement: float
    saved_model_accuracy: float
    accuracy: float
    saved_model_macro_f1: float
    macro_f1: float
    only_saved_model_right: int
    only_file_right: int
    mcnemar_p: float
    """Of as large a difference in correctness, or a larger one, if both were as often right."""


def compare(expected: np.ndarray, actual: np.ndarray, labels: np.ndarray) -> Parity:
    """Logits of the SavedModel and of the file, float32 (texts, classes) each, and the truth, int (texts,)."""
    difference = np.abs(actual.astype(np.float64) - expected)
    before, after = expected.argmax(axis=1), actual.argmax(axis=1)
    first = confusion_matrix(labels, before, expected.shape[1])
    second = confusion_matrix(labels, after, expected.shape[1])
    lost = int(np.sum((before == labels) & (after != labels)))
    won = int(np.sum((before != labels) & (after == labels)))
    return Parity(
        texts=len(labels),
        max_abs_logit_difference=float(difference.max()),
        mean_abs_logit_difference=float(difference.mean()),
        argmax_agreement=float(np.mean(before == after)),
        saved_model_accuracy=accuracy(first),
        accuracy=accuracy(second),
        saved_model_macro_f1=macro_f1(first),
        macro_f1=macro_f1(second),
        only_saved_model_right=lost,
        only_file_right=won,
        mcnemar_p=exact_mcnemar(lost, won),
    )


def exact_mcnemar(one: int, other: int) -> float:
    """Two-sided p of a fair coin falling `one` and `other` times. Source: https://doi.org/10.1007/BF02295996, exact."""
    total = one + other
    tail = sum(math.comb(total, count) for count in range(min(one, other) + 1))
    return min(1.0, 2.0 * tail / 2**total)


@dataclass(frozen=True)
class Gate:
    """`passed` is None where the gate says nothing about this file, and `why` says why."""

    name: str
    limit: float
    value: float
    passed: bool | None
    why: str = ""


LOGIT_LIMITS = {"fp32": 1e-3, "fp16": 0.1}
"""Largest difference of logits. float16 weights have 11 bits."""

FEWEST_TEXTS = 512
"""Of fewer, one that changes its class may be past a gate on classes by itself."""

FP16_AGREEMENT = 0.999
INT8_MACRO_F1 = 0.01


def gates_of(precision: str, parity: Parity, pretrained: bool) -> list[Gate]:
    """Gates on classes say nothing of few texts, nor of a model of random weights, whose logits are next to equal."""
    gates: list[Gate] = []

    def add(name: str, limit: float, value: float, passed: bool, needs_answers: bool = True) -> None:
        if needs_answers and not pretrained:
            gates.append(Gate(name, limit, value, None, "the model began with random weights"))
        elif needs_answers and parity.texts < FEWEST_TEXTS:
            gates.append(Gate(name, limit, value, None, f"{parity.texts} texts are too few, {FEWEST_TEXTS} are enough"))
        else:
            gates.append(Gate(name, limit, value, passed))

    largest = parity.max_abs_logit_difference
    if precision in LOGIT_LIMITS:
        limit = LOGIT_LIMITS[precision]
        add("max_abs_logit_difference", limit, largest, largest <= limit, needs_answers=False)
    else:
        add("finite_logits", math.inf, largest, math.isfinite(largest), needs_answers=False)
    if precision == "fp16":
        add("argmax_agreement", FP16_AGREEMENT, parity.argmax_agreement, parity.argmax_agreement >= FP16_AGREEMENT)
    if precision == "int8":
        change = abs(parity.macro_f1 - parity.saved_model_macro_f1)
        add("macro_f1_difference", INT8_MACRO_F1, change, change <= INT8_MACRO_F1)
    return gates


def as_json(gates: Iterable[Gate]) -> list[dict[str, Any]]:
    return [{name: value for name, value in asdict(gate).items() if value not in ("", math.inf)} for gate in gates]
