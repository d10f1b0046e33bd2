"""Starts the agent so that it outlives the connection, and follows what it says; a lost link costs nothing.

    python follow.py --out DIR --from N -- AGENT_ARGUMENT...     starts it if it was not started, and prints its lines from N on
    python follow.py --out DIR --stop                            ends it, and all that it started

The agent writes its lines to DIR/journal.jsonl. Whoever asks again from the line that was read last misses none. When
standard input closes, following ends and the agent goes on.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import List, Optional

LOOK_SECONDS = 0.1
END_SECONDS = 10.0


def started_at(pid: int) -> Optional[str]:
    """When a process began, in ticks since the machine did (proc(5), field 22): a number may belong to another one by now."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def agent_of(out: str) -> Optional[int]:
    """The number of the agent that was started for this folder, if it lives."""
    try:
        with open(os.path.join(out, "agent.pid"), encoding="ascii") as file:
            pid, began = file.read().split()
    except (OSError, ValueError):
        return None
    return int(pid) if started_at(int(pid)) == began else None


def start(out: str, arguments: List[str]) -> None:
    os.makedirs(out, exist_ok=True)
    agent = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent.py")
    with open(os.path.join(out, "journal.jsonl"), "wb") as journal, open(os.path.join(out, "agent.log"), "wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-B", agent, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=log,
            start_new_session=True,
        )
    with open(os.path.join(out, "agent.pid.tmp"), "w", encoding="ascii") as file:
        file.write(f"{child.pid} {started_at(child.pid)}")
    os.replace(os.path.join(out, "agent.pid.tmp"), os.path.join(out, "agent.pid"))


def stop(out: str) -> None:
    """Ends the agent's whole session: first politely, so that it puts the governor back. The next follower starts another."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pid = agent_of(out)
        if pid is None:
            break
        try:
            os.kill(pid, number) if number == signal.SIGTERM else os.killpg(pid, number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + END_SECONDS
        while agent_of(out) is not None and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
    if os.path.exists(os.path.join(out, "agent.pid")):
        os.remove(os.path.join(out, "agent.pid"))


def is_last(line: bytes) -> bool:
    try:
        return json.loads(line).get("type") in ("result", "failure")
    except (ValueError, AttributeError):
        return False


def say(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def follow(out: str, first: int) -> int:
    """Prints whole lines until the last one; 0 then. 1 when the agent is gone without one, after saying so."""
    number = 0
    pending = b""
    with open(os.path.join(out, "journal.jsonl"), "rb") as journal:
        while True:
            # Asked before reading: what it wrote last is read after it has ended.
            lives = agent_of(out) is not None
            pending += journal.read()
            *lines, pending = pending.split(b"\n")
            for line in lines:
                if number >= first:
                    say(line + b"\n")
                number += 1
                if is_last(line):
                    return 0
            if not lives:
                break
            if select.select([0], [], [], LOOK_SECONDS)[0] and os.read(0, 4096) == b"":
                return 0
    with open(os.path.join(out, "agent.log"), encoding="utf-8", errors="replace") as log:
        said = log.read().strip().splitlines()[-5:]
    hint = "It was killed, or the device restarted. Run it again: what it answered is kept, what it timed is made anew."
    message = "the agent ended without a result" + (": " + "\n".join(said) if said else "")
    say(json.dumps({"type": "failure", "code": "agent-died", "message": message, "hint": hint}).encode() + b"\n")
    return 1


def main(argv: List[str]) -> int:
    out = argv[argv.index("--out") + 1]
    if "--stop" in argv:
        stop(out)
        return 0
    first = int(argv[argv.index("--from") + 1])
    if not os.path.exists(os.path.join(out, "agent.pid")):
        start(out, argv[argv.index("--") + 1 :])
    return follow(out, first)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
