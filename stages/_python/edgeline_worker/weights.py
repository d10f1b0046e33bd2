"""Weights as safetensors files with canonical names: reading checkpoints, writing ours, drawing random ones."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from edgeline_worker.protocol import StageError
from edgeline_worker.spec import ModelSpec, parameter_shapes

Weights = dict[str, np.ndarray]
"""Canonical name (see `parameter_shapes`) to float32 array."""

Progress = Callable[[int, int], None]
"""Called with how many tensors are done and how many there are."""


def save_weights(path: Path, weights: Mapping[str, np.ndarray]) -> None:
    """Equal weights give equal bytes: safetensors sorts by name and no metadata is written."""
    save_file({name: np.ascontiguousarray(weights[name], dtype=np.float32) for name in sorted(weights)}, path)


def load_weights(path: Path, spec: ModelSpec) -> Weights:
    """Reads a file that `save_weights` wrote.

    Raises StageError `bad-weights` when a tensor of the spec is missing or has another shape.
    """
    weights, _ = import_weights(path, spec)
    return weights


def import_weights(path: Path, spec: ModelSpec) -> tuple[Weights, list[str]]:
    """Reads a Hugging Face checkpoint: the spec's tensors as float32, and the sorted names of those not used.

    Accepts the prefixes `bert.` and `mobilebert.`, and TensorFlow 1's names of norms (`gamma`, `beta`), which old
    checkpoints carry. Raises StageError `bad-weights` when a tensor is missing or has another shape.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            found = {canonical_name(name): name for name in file.keys()}
            weights: Weights = {}
            for name, shape in parameter_shapes(spec).items():
                if name not in found:
                    raise StageError(
                        "bad-weights",
                        f"{path.name} has no tensor {name}, which {spec.preset} needs",
                        "check that the declared preset or family is that of the weights",
                        file=path.name,
                    )
                stored = tuple(file.get_slice(found[name]).get_shape())
                if stored != shape:
                    raise StageError(
                        "bad-weights",
                        f"{name} has shape {list(stored)} in {path.name}, but {spec.preset} wants {list(shape)}",
                        "check that the declared preset or family is that of the weights",
                        file=path.name,
                    )
                weights[name] = file.get_tensor(found[name]).astype(np.float32)
            return weights, sorted(original for name, original in found.items() if name not in weights)
    except SafetensorError as error:
        raise StageError("bad-weights", f"{path.name} is not a safetensors file: {error}", file=path.name) from error


def canonical_name(name: str) -> str:
    """A checkpoint's tensor name without its model prefix and with today's names of norms."""
    for prefix in ("bert.", "mobilebert."):
        name = name.removeprefix(prefix)
    for old, new in ((".gamma", ".weight"), (".beta", ".bias")):
        if name.endswith(old):
            name = name.removesuffix(old) + new
    return name


def draw_random_weights(spec: ModelSpec, seed: int, progress: Progress | None = None) -> Weights:
    """Weights with which every part of the model matters: no bias is zero and no norm is the identity.

    Each tensor has a stream of its own, so a draw does not depend on the order or on the other tensors. Matrices are
    scaled by their fan-in, since MobileBERT has nothing that would tame its activations.
    """
    shapes = parameter_shapes(spec)
    weights: Weights = {}
    for index, (name, shape) in enumerate(shapes.items()):
        weights[name] = _draw(spec, name, shape, _generator(seed, name))
        if progress is not None:
            progress(index + 1, len(shapes))
    return weights


def draw_classifier(spec: ModelSpec, seed: int) -> Weights:
    """A fresh classifier as BERT's authors start one: normal of standard deviation 0.02, cut at two; zero bias."""
    if spec.head is None:
        raise ValueError("the spec has no head")
    shape = (spec.head.labels, spec.hidden_size)
    draw = _generator(seed, "classifier").standard_normal(shape, dtype=np.float32)
    kernel = np.clip(draw, -2.0, 2.0) * np.float32(0.02)
    return {"classifier.weight": kernel, "classifier.bias": np.zeros(shape[:1], np.float32)}


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def _draw(spec: ModelSpec, name: str, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    normal = generator.standard_normal(shape, dtype=np.float32)
    if name.endswith("LayerNorm.weight"):
        spread = generator.uniform(0.5, 1.5, shape) if spec.normalization == "no_norm" else 1.0 + 0.1 * normal
        return np.asarray(spread, dtype=np.float32)
    if len(shape) == 1:
        return normal * np.float32(0.05)
    if name.endswith("_embeddings.weight"):
        # As BERT's own start where a norm follows; larger where none does, lest the tokens do not matter.
        table = normal * np.float32(0.5 if spec.normalization == "no_norm" else 0.02)
        if name.startswith("embeddings.word_"):
            table[0] = 0.0  # [PAD], as transformers starts it.
        return table
    return normal * np.float32(0.5 / np.sqrt(shape[1]))
