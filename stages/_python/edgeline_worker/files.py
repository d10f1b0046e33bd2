"""JSON and JSON Lines files, written so that equal values give equal bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edgeline_worker.protocol import StageError


def write_json(path: Path, value: Any) -> None:
    """Keys sorted by code point, no white space but a last newline. Raises ValueError on NaN and infinities."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Raises StageError `bad-json` naming the file and the line."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise StageError("bad-json", f"not JSON: {error.msg}", file=path.name, line=error.lineno) from error


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """One object a line, members in the order of each row."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Raises StageError `bad-json` naming the file and the line."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise StageError("bad-json", f"not JSON: {error.msg}", file=path.name, line=number) from error


def sha256_of(path: Path) -> str:
    """64 hexadecimal digits of the file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
