"""The board's lease: whoever works on a board alone holds it, of whatever user, root and study.

    python lease.py --lock board --holder JSON -- PROGRAM ARGUMENT...     waits for it, then becomes the program, which holds it

A file in a folder that all users share, locked by flock: the lock goes with its holder, however that ends. In it stands
who holds it: {"user", "host", "pid", "since"}, the first two as the holder's machine says them.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pwd
import select
import socket
import stat
import sys
import time
from typing import Any, Callable, Dict, List, Optional, TextIO

from protocol import AgentError, claim_stdout, send

FOLDERS = ("/run/lock", "/tmp")
NAME = "edgeline-board.lock"
POLL_SECONDS = 0.5
TOLD_EVERY_SECONDS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lock", default=None, help="file that is locked meanwhile, or `board` for the board's own")
    parser.add_argument("--holder", type=json.loads, default=None, help="who asks for it: JSON with user and host")


def board_lease() -> str:
    """The same file for all users of this board.

    Chosen by what the folders are and not by what this user may do there, on which two users could differ.
    Raises AgentError `device-unusable` where no folder is shared. EDGELINE_LEASES names another folder, for tests.
    """
    own = os.environ.get("EDGELINE_LEASES")
    if own:
        os.makedirs(own, exist_ok=True)
        return os.path.join(own, NAME)
    for folder in FOLDERS:
        try:
            mode = os.stat(folder).st_mode
        except OSError:
            continue
        if stat.S_ISDIR(mode) and mode & stat.S_IWOTH and mode & stat.S_ISVTX:
            return os.path.join(folder, NAME)
    message = f"no folder is there that all users share: {' or '.join(FOLDERS)}, writable for all and sticky"
    raise AgentError("device-unusable", message, "chmod 1777 /tmp, as every Linux system has it")


class Lease:
    """The lock on one file, held as long as this process lives and, once inherited, what it became."""

    def __init__(self, lock: str, holder: Optional[Dict[str, Any]]) -> None:
        self._path = board_lease() if lock == "board" else lock
        self._holder = holder or {"user": _user(), "host": socket.gethostname()}
        self._descriptor = -1

    def take(self) -> bool:
        """Whether it is ours now. Raises AgentError `device-unusable` where the file can be no lock."""
        while True:
            descriptor = self._open()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            if _is_same(descriptor, self._path):
                break
            # Somebody cleared the folder between opening and locking: that lock would be no one else's.
            os.close(descriptor)
        self._descriptor = descriptor
        self._sign()
        return True

    def held_by(self) -> Optional[Dict[str, Any]]:
        """What the holder wrote; None where it is just being written, or was not by us."""
        try:
            with open(self._path, encoding="utf-8") as file:
                holder = json.load(file)
            return {name: str(holder[name]) for name in ("user", "host", "pid", "since")}
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def wait(self, tell: Callable[[Optional[Dict[str, Any]], float], None], pause: Callable[[float], None]) -> None:
        """Comes back when it is ours. `tell` gets the holder and the seconds so far; `pause` may raise to give up."""
        start = time.monotonic()
        told = -TOLD_EVERY_SECONDS
        while not self.take():
            waited = time.monotonic() - start
            if waited - told >= TOLD_EVERY_SECONDS:
                told = waited
                tell(self.held_by(), waited)
            pause(POLL_SECONDS)

    def bequeath(self) -> None:
        """Lets the program that this process becomes hold it on."""
        os.set_inheritable(self._descriptor, True)

    def _open(self) -> int:
        flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        while True:
            try:
                # Never O_CREAT on a file that is there: in a sticky folder Linux refuses that for other users' files.
                descriptor = os.open(self._path, flags | os.O_RDWR)
            except FileNotFoundError:
                try:
                    descriptor = os.open(self._path, flags | os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
                    os.fchmod(descriptor, 0o666)
                except FileExistsError:
                    continue
            except PermissionError:
                descriptor = self._open_to_read(flags)
            except OSError as error:
                raise self._unusable(error.strerror or str(error)) from error
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise self._unusable("it is no regular file")
            return descriptor

    def _open_to_read(self, flags: int) -> int:
        """Enough to lock it; who holds it is then not told."""
        try:
            return os.open(self._path, flags | os.O_RDONLY)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _unusable(self, why: str) -> AgentError:
        return AgentError("device-unusable", f"{self._path} cannot be locked: {why}", "Remove it there.")

    def _sign(self) -> None:
        since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        text = json.dumps({**self._holder, "pid": os.getpid(), "since": since})
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode(), 0)
        except OSError:
            pass


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def _is_same(descriptor: int, path: str) -> bool:
    try:
        there, ours = os.stat(path), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def holder_text(holder: Optional[Dict[str, Any]]) -> str:
    if holder is None:
        return "another measurement on this device"
    return "{user} on {host}, who works on this device since {since} (process {pid})".format(**holder)


def wait_for(lease: Lease, channel: TextIO, watch_stdin: bool) -> None:
    """Waits and says for whom. Raises AgentError `host-gone` when standard input ends, where that is watched."""

    def tell(holder: Optional[Dict[str, Any]], seconds: float) -> None:
        phase = f"waiting for {holder_text(holder)}"
        send(channel, {"type": "progress", "done": int(seconds), "unit": "seconds", "phase": phase})

    def pause(seconds: float) -> None:
        if not watch_stdin:
            time.sleep(seconds)
        elif select.select([0], [], [], seconds)[0] and os.read(0, 4096) == b"":
            raise AgentError("host-gone", "the host has closed the connection", None)

    lease.wait(tell, pause)


def main(argv: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    split = argv.index("--")
    options = parser.parse_args(argv[:split])
    # The program needs the real standard output: what is said here goes to a copy of it.
    output = os.dup(1)
    channel = claim_stdout()
    try:
        lease = Lease(options.lock or "board", options.holder)
        wait_for(lease, channel, watch_stdin=True)
    except AgentError as error:
        send(channel, error.document())
        return 1
    lease.bequeath()
    os.dup2(output, 1)
    os.execvp(argv[split + 1], argv[split + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
