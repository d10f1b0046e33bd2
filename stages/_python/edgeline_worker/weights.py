"""Weights as safetensors files with canonical names: reading checkpoints, writing ours, drawing random ones."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from edgeline_worker.checkpoints import TensorFile, open_tensors
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

    Raises StageError `bad-weights` when a tensor of the spec is missing, surplus or of another shape.
    """
    weights, _ = import_weights([path], spec)
    return weights


def import_weights(
    paths: Sequence[Path], spec: ModelSpec, layers_stored: int = 0, progress: Progress | None = None
) -> tuple[Weights, list[str]]:
    """Reads a Hugging Face checkpoint, one file or shards: the spec's tensors as float32, and the sorted names of those
    that are not used.

    Accepts the prefixes `bert.` and `mobilebert.`, and TensorFlow 1's names of norms (`gamma`, `beta`), which old
    checkpoints carry. Heads of pretraining, buffers, a pooler that the spec does without, and of the `layers_stored`
    layers of the checkpoint those after the spec's last one are not used. Raises StageError `bad-weights` when a tensor
    is missing, is of another shape, or has no place in the model.
    """
    found: dict[str, tuple[TensorFile, str, str]] = {}
    for path in paths:
        file = open_tensors(path)
        for original in file.shapes:
            name = canonical_name(original)
            if name in found:
                raise _bad(path.name, f"{path.name} has {name} twice: as {found[name][1]} and as {original}")
            found[name] = (file, original, path.name)
    where = paths[0].name if len(paths) == 1 else f"{paths[0].name} and the other shards"
    shapes = parameter_shapes(spec)
    for name in shapes:
        if name not in found:
            raise _bad(where, f"{where} has no tensor {name}, which {spec.preset} needs")
    skipped = sorted(original for name, (_, original, _) in found.items() if name not in shapes)
    for original in skipped:
        if not _is_known_surplus(canonical_name(original), len(spec.layers), layers_stored):
            raise _bad(where, f"{where} has a tensor {original}, which has no place in {spec.preset}")
    weights: Weights = {}
    for name, shape in shapes.items():
        file, original, file_name = found[name]
        stored = file.shapes[original]
        if stored != shape:
            raise _bad(
                file_name, f"{name} has shape {list(stored)} in {file_name}, but {spec.preset} wants {list(shape)}"
            )
        weights[name] = _widen(file.read(original), name, file_name)
        if progress is not None:
            progress(len(weights), len(shapes))
    return weights, skipped


def _widen(array: np.ndarray, name: str, file: str) -> np.ndarray:
    """Half and bfloat16 to float32; whatever is no finite number after that is an error."""
    # bfloat16 is a type of its own, of a kind that NumPy does not know.
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        raise _bad(file, f"{name} in {file} is of type {array.dtype.name}, not of floating-point numbers")
    with np.errstate(over="ignore"):
        wide = np.asarray(array, dtype=np.float32)
    if not np.isfinite(wide).all():
        raise _bad(file, f"{name} in {file} has values that are no finite numbers")
    return wide


def _bad(file: str, message: str) -> StageError:
    hint = "check that the declared preset or family is that of the weights, and that the file is whole"
    return StageError("bad-weights", message, hint, file=file)


_HEADS_AND_BUFFERS = (
    "cls.predictions.",
    "cls.seq_relationship.",
    "embeddings.position_ids",
    "embeddings.token_type_ids",
)
"""Of BertForPreTraining and MobileBertForPreTraining; buffers hold 0, 1, 2 and so on, or zeros."""


def _is_known_surplus(name: str, layers: int, layers_stored: int) -> bool:
    if name.startswith(_HEADS_AND_BUFFERS) or name in ("pooler.dense.weight", "pooler.dense.bias"):
        return True
    layer = re.match(r"encoder\.layer\.(\d+)\.", name)
    return layer is not None and layers <= int(layer[1]) < layers_stored


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
