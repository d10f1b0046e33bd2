"""What teachers think of texts: logits on disk between `teach` and `distill`, and the targets made of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from edgeline_worker.files import read_json_lines, write_json_lines
from edgeline_worker.protocol import StageError


def mean_probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """The mean of the teachers' softened distributions, float64 (texts, classes), of (texts, teachers, classes).

    The arithmetic one, which stays unsure where teachers differ. Source: sections 2 and 3 of
    https://arxiv.org/abs/1503.02531.
    """
    wide = logits.astype(np.float64) / temperature
    shares = np.exp(wide - wide.max(axis=2, keepdims=True))
    return (shares / shares.sum(axis=2, keepdims=True)).mean(axis=1)


def write_opinions(path: Path, split: Path, logits: np.ndarray) -> None:
    """One row for each of the first rows of the encoded split: `logits` is float32 (texts, teachers, classes)."""
    write_json_lines(
        path,
        (
            {
                "id": row["id"],
                "entity": row["entity"],
                "logits": [[float(f"{value:.9g}") for value in teacher] for teacher in teachers],
            }
            # Rows beyond a limit have no opinion.
            for row, teachers in zip(read_json_lines(split), logits.tolist(), strict=False)
        ),
    )


def opinions_on(path: Path, rows: Iterable[dict[str, Any]]) -> np.ndarray:
    """The teachers' logits on encoded rows, matched by id and entity: float64 (rows, teachers, classes).

    The rows may be encoded for another vocabulary than the teachers' and come in any order. Raises StageError
    `no-opinion` for the first row that the teachers have not seen.
    """
    known = {(row["id"], row["entity"]): row["logits"] for row in read_json_lines(path)}
    found = []
    for row in rows:
        logits = known.get((row["id"], row["entity"]))
        if logits is None:
            raise StageError(
                "no-opinion",
                f"the teachers have not seen tweet {row['id']} of entity {row['entity']}",
                "make `teach` and `distill` from the same `split`; a limit_train of `teach` must not be the smaller one",
            )
        found.append(logits)
    return np.array(found, dtype=np.float64)
