"""Random access to a JSON Lines file without holding it in memory: the measured process should hold the model, not the data."""

from __future__ import annotations

import json
import os
from array import array
from typing import Any, BinaryIO, Dict, Optional

from protocol import AgentError


class Rows:
    """Offsets and token counts of the first `limit` rows (all when None) of an encoded test file."""

    def __init__(self, path: str, limit: Optional[int]) -> None:
        self._path = path
        self._file = open(path, "rb")
        self._offsets = array("Q")
        self.tokens = array("L")
        offset = 0
        for number, line in enumerate(self._file, start=1):
            if limit is not None and len(self._offsets) >= limit:
                break
            self._offsets.append(offset)
            self.tokens.append(len(self._parse(line, number)["input_ids"]))
            offset += len(line)
        if not self._offsets:
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
        return len(self._offsets)

    def __getitem__(self, index: int) -> Dict[str, Any]:
        self._file.seek(self._offsets[index])
        return self._parse(self._file.readline(), index + 1)


class Predictions:
    """Predictions are appended as they are made, in the order of the work, and put into test order at the end."""

    def __init__(self, folder: str, count: int) -> None:
        self._final = os.path.join(folder, "predictions.jsonl")
        self._partial = os.path.join(folder, "predictions.partial.jsonl")
        self._file: BinaryIO = open(self._partial, "wb")
        self._offsets = array("Q", bytes(8 * count))
        self._position = 0

    def append(self, index: int, document: Dict[str, Any]) -> None:
        """Adds the prediction of row `index`."""
        line = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        self._offsets[index] = self._position
        self._file.write(line)
        self._position += len(line)

    def flush(self) -> None:
        """What is written so far survives this process."""
        self._file.flush()

    def finish(self) -> None:
        """Writes predictions.jsonl in test order and removes the partial file."""
        self._file.close()
        with open(self._partial, "rb") as partial, open(self._final + ".tmp", "wb") as final:
            for offset in self._offsets:
                partial.seek(offset)
                final.write(partial.readline())
        os.replace(self._final + ".tmp", self._final)
        os.remove(self._partial)
