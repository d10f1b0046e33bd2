"""What may be wrong with a training before it begins, said in words for the user."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeline_worker.batches import EncodedTexts
from edgeline_worker.memory import MemoryEstimate
from edgeline_worker.protocol import Job, StageError
from edgeline_worker.spec import ModelSpec

WITHOUT_BFLOAT16 = ("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2")
"""Values of ONEDNN_MAX_CPU_ISA with which oneDNN has no bfloat16; TensorFlow goes by the processor and is ended by it."""

CERTAIN = 1.25
"""An estimate may be that many times too large: what exceeds the memory by less is tried, with a warning."""


def check_precision(precision: str, instruction_set: str) -> None:
    """Raises StageError `precision-not-possible` when oneDNN is told to use instructions that have no bfloat16."""
    if precision == "bfloat16" and instruction_set.upper() in WITHOUT_BFLOAT16:
        raise StageError(
            "precision-not-possible",
            f"ONEDNN_MAX_CPU_ISA={instruction_set} leaves no instructions for bfloat16",
            "unset that variable, or set precision to float32",
        )


def check_tokens(texts: EncodedTexts, spec: ModelSpec) -> None:
    """Raises StageError `wrong-vocabulary` when the texts were not encoded for this encoder."""
    largest = max(int(tokens.max()) for tokens in texts.token_ids)
    longest = int(texts.lengths.max())
    if largest >= spec.vocabulary_size or longest > spec.max_positions:
        raise StageError(
            "wrong-vocabulary",
            f"the texts have token {largest} and up to {longest} tokens, but the encoder knows "
            f"{spec.vocabulary_size} tokens and {spec.max_positions} positions",
            "take `encode` and `fine-tune` from the same encoder",
        )


def check_labels(file: Path, texts: EncodedTexts, labels: list[str], every_class: bool) -> None:
    """Raises StageError `unknown-label` for a row whose label is not one of `labels`, `empty-class` for a class
    without a row where `every_class` must have one."""
    strange = np.flatnonzero((texts.labels < 0) | (texts.labels >= len(labels)))
    if len(strange) > 0:
        first = int(strange[0])
        raise StageError(
            "unknown-label",
            f"text {texts.ids[first]} has the label {texts.labels[first]}, but there are {len(labels)} classes, "
            f"{', '.join(labels)}",
            "run `encode` again, whose labels.json and rows belong together",
            file=file.name,
            line=first + 1,
        )
    empty = [label for label, count in zip(labels, np.bincount(texts.labels, minlength=len(labels))) if count == 0]
    if every_class and empty:
        raise StageError(
            "empty-class",
            f"none of the {len(texts)} training texts is {' or '.join(empty)}",
            "a class that is never seen cannot be learned: look at the cards of clean and split, or raise limit_train",
            file=file.name,
        )


def check_memory(job: Job, estimate: MemoryEstimate, available: int) -> None:
    """Raises StageError `not-enough-memory` when a training cannot fit, with what would; warns when it may not."""
    parts: int = job.options.get("gradient_accumulation", 1)
    need = estimate.of_parts(parts)
    if need.total <= available:
        return
    message = (
        f"training needs about {_gigabytes(need.total)} of memory, and {_gigabytes(available)} are free: "
        f"{_gigabytes(need.weights)} for weights, gradients and the optimizer, {_gigabytes(need.activations)} for "
        f"{estimate.rows_of(parts)} texts of {estimate.length} tokens"
    )
    hint = "take a machine with more memory, a smaller model, or a shorter max_length"
    fitting = estimate.least_parts(available)
    if fitting is not None:
        hint = (
            f"set gradient_accumulation to {fitting}, which needs about "
            f"{_gigabytes(estimate.of_parts(fitting).total)}; batch_size and its result stay the same"
        )
    if need.total > CERTAIN * available:
        raise StageError("not-enough-memory", message, hint)
    job.log(f"{message}; it is tried all the same. If it fails, {hint}", "warning")


def out_of_memory(message: str, processor: str) -> StageError:
    """What TensorFlow says when it gets no more memory, which only a graphics processor's allocator does."""
    return StageError(
        "not-enough-memory",
        f"TensorFlow got no more memory on the {processor}: {message.splitlines()[0]}",
        "raise gradient_accumulation, or lower max_length",
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
