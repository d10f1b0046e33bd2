"""How much main memory a training will take, from the spec alone, and how much there is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from edgeline_worker.spec import ModelSpec, parameter_count

RUNTIME_BYTES = 650_000_000
"""Of Python with TensorFlow and its compiled functions, before any model."""

ELEMENT_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True)
class MemoryNeed:
    """What one update takes at its peak, bytes."""

    runtime: int
    weights: int
    activations: int

    @property
    def total(self) -> int:
        return self.runtime + self.weights + self.activations


@dataclass(frozen=True)
class MemoryEstimate:
    """Of a training whose largest batch is `rows` texts of `length` tokens.

    Per parameter in float32: the weight, its gradient and AdamW's two moments, 16 bytes, as in section 3.1 of
    https://arxiv.org/abs/1910.02054; a second gradient while they are clipped; one more where they are summed up over
    parts of a batch, where an average is kept, and where the best epoch is. Products in 16 bits read copies of the
    weights. Activations: what the layers keep for the gradient, as section 4.1 of https://arxiv.org/abs/2205.05198
    counts it, with our operations.

    Measured peaks of MiniLM-L6, BERT-Base and MobileBERT were 0.8 to 1.05 times the estimates: docs/decisions/018.
    """

    spec: ModelSpec
    rows: int
    length: int
    precision: str
    averaged: bool = False
    kept: bool = False

    def rows_of(self, parts: int) -> int:
        """Texts of the largest of so many parts."""
        return -(-self.rows // parts)

    def of_parts(self, parts: int) -> MemoryNeed:
        """When each batch is computed in so many parts."""
        rows = self.rows_of(parts)
        copies = 5 + (parts > 1) + self.averaged + self.kept
        weights = parameter_count(self.spec) * (4 * copies + (2 if self.precision != "float32" else 0))
        element = ELEMENT_BYTES[self.precision]
        layers = [_layer_bytes(self.spec, index, rows, self.length, element) for index in range(len(self.spec.layers))]
        embedding = 3 * self.spec.embedding_size * element + self.spec.hidden_size * (2 * element + 5)
        # The layer whose gradient is computed has the gradients of its activations beside them.
        activations = sum(layers) + max(layers, default=0) + rows * self.length * embedding
        return MemoryNeed(RUNTIME_BYTES, weights, activations)

    def least_parts(self, available: int) -> int | None:
        """The least number of parts with which it fits, if there is one."""
        fitting = (parts for parts in range(1, self.rows + 1) if self.of_parts(parts).total <= available)
        return next(fitting, None)


def _layer_bytes(spec: ModelSpec, index: int, rows: int, length: int, element: int) -> int:
    """What one layer keeps from its forward pass for its gradient."""
    layer = spec.layers[index]
    inner, hidden, wide = spec.attention_size, spec.hidden_size, layer.intermediate_size
    # Softmax in float32, the same in the precision of products, the same after dropout, and what was dropped.
    dropped = spec.attention_dropout > 0
    scores = layer.heads * rows * length * length * (4 + element * (1 + dropped) + dropped)
    # A norm keeps its normalised input in float32, or what it multiplies, and its output.
    norm = element + (4 if spec.normalization == "layer_norm" else element)
    activation = 3 * element if spec.activation == "gelu" else element
    per_token = inner * 4 * element + inner * norm
    per_token += layer.feed_forward_networks * (wide * activation + inner * norm)
    if spec.family == "mobilebert":
        per_token += 2 * inner * norm + hidden * norm
    if spec.dropout > 0:
        per_token += 2 * hidden
    return scores + rows * length * per_token


def available_bytes(root: Path = Path("/sys/fs/cgroup"), process: Path = Path("/proc/self/cgroup")) -> int:
    """Main memory that this process may still take: the system's, or less where a control group limits it."""
    least = psutil.virtual_memory().available
    for limit, used in _control_groups(root, process):
        least = min(least, max(0, limit - used))
    return least


def _control_groups(root: Path, process: Path) -> list[tuple[int, int]]:
    """Limit and use, bytes, of each group that this process is in, those above it included, version 2 or 1."""
    found: list[tuple[int, int]] = []
    try:
        lines = process.read_text(encoding="utf-8").splitlines()
    except OSError:
        return found
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, names = root, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            base, names = root / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = base / path.strip("/")
        # In a container the path is often that of the host, and the group's files are at the root.
        for folder in [group, *group.parents]:
            if folder == base.parent:
                break
            limit, used = _number(folder / names[0]), _number(folder / names[1])
            if limit is not None and used is not None:
                # The cache of files is given back when memory is needed.
                found.append((limit, max(0, used - _statistic(folder / "memory.stat", names[2]))))
    return found


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _statistic(path: Path, name: str) -> int:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(value) for key, _, value in (line.partition(" ") for line in lines) if key == name), 0)
