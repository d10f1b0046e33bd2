"""Random access to a JSON Lines file without holding it in memory: the measured process should hold the model, not the data."""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from typing import Any, Dict, Optional

from protocol import AgentError


def sha256_of(path: str) -> str:
    """Hexadecimal digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


class Rows:
    """Offsets and token counts of the first `limit` rows (all when None) of an encoded test file. Several threads may read it."""

    def __init__(self, path: str, limit: Optional[int]) -> None:
        self._path = path
        self._file = open(path, "rb")
        self._offsets = array("Q", [0])
        self.tokens = array("L")
        for number, line in enumerate(self._file, start=1):
            if limit is not None and len(self.tokens) >= limit:
                break
            self.tokens.append(len(self._parse(line, number)["input_ids"]))
            self._offsets.append(self._offsets[-1] + len(line))
        if not self.tokens:
            raise AgentError("no-rows", f"{path} has no rows", None)

    def _parse(self, line: bytes, number: int) -> Dict[str, Any]:
        try:
            row = json.loads(line)
            tokens, second_from = row["input_ids"], row.get("second_from", 0)
            known = isinstance(tokens, list) and tokens and isinstance(row["label"], int)
            if known and isinstance(second_from, int) and 0 <= second_from <= len(tokens):
                return row
        except (ValueError, KeyError, TypeError):
            pass
        raise AgentError("bad-row", f"{self._path}:{number}: not a row with input_ids and label", None)

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> Dict[str, Any]:
        start, end = self._offsets[index], self._offsets[index + 1]
        return self._parse(os.pread(self._file.fileno(), end - start, start), index + 1)
