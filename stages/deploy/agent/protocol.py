"""JSON lines between the agent, its inference process and the host.

Each line is one object with a `type`. `hello` comes first and names the protocol's version; `result` or `failure` is
the last. Standard output is the channel; whatever a library prints there is sent to standard error instead.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Optional, TextIO

PROTOCOL = 3
SET_UP = "Install it from here, with the device's name in pipeline.yaml: npx pipeline devices setup NAME"


class AgentError(Exception):
    """An expected failure, in words for the user.

    `code` is stable and kebab-case; `hint` says what to do next.
    """

    def __init__(self, code: str, message: str, hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def document(self) -> Dict[str, Any]:
        """The `failure` line of this error."""
        document: Dict[str, Any] = {"type": "failure", "code": self.code, "message": self.message}
        if self.hint is not None:
            document["hint"] = self.hint
        return document


def claim_stdout() -> TextIO:
    """Keeps standard output for the protocol alone: file descriptor 1 becomes standard error, also for C++ code."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return channel


def send(channel: TextIO, document: Dict[str, Any]) -> None:
    """Writes one line at once.

    Raises BrokenPipeError when nobody reads any more.
    """
    channel.write(json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
    channel.flush()
