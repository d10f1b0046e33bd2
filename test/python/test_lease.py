"""The board's lease: one holder whatever user and root, freed by its end, and who waits is told for whom."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "stages" / "deploy" / "agent"
HELPER = ROOT / "pipeline" / "devices" / "device_helper.py"

sys.path.insert(0, str(AGENT))

from lease import FOLDERS, NAME, Lease, board_lease, holder_text  # noqa: E402
from protocol import AgentError  # noqa: E402

ANNA = {"user": "anna", "host": "lab-pc"}


@pytest.fixture(autouse=True)
def leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDGELINE_LEASES", str(tmp_path / "leases"))
    return tmp_path / "leases"


def start(*program: str, holder: dict[str, str] = ANNA) -> "subprocess.Popen[str]":
    command = [sys.executable, str(AGENT / "lease.py"), "--holder", json.dumps(holder), "--", *program]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_the_program_that_it_becomes_holds_it_and_its_death_frees_it(leases: Path) -> None:
    working = start("sh", "-c", "echo at work; exec sleep 60")
    try:
        assert working.stdout.readline() == "at work\n"
        other = Lease("board", None)
        assert not other.take()
        held = other.held_by()
        assert held is not None and (held["user"], held["host"], held["pid"]) == ("anna", "lab-pc", str(working.pid))
        assert holder_text(held).startswith("anna on lab-pc, who works on this device since 20")
        assert (leases / NAME).stat().st_mode & 0o777 == 0o666
    finally:
        working.send_signal(signal.SIGKILL)
        working.communicate()
    assert other.take()


def test_who_waits_is_told_for_whom_and_gets_it_next() -> None:
    first = start("sh", "-c", "echo first; read line")
    assert first.stdout.readline() == "first\n"
    second = start("echo", "second", holder={"user": "bert", "host": "attic"})
    told = json.loads(second.stdout.readline())
    assert told["type"] == "progress" and told["phase"].startswith("waiting for anna on lab-pc")
    first.communicate("go\n", timeout=10)
    assert second.stdout.readline() == "second\n"
    second.communicate(timeout=10)


def test_who_waits_goes_with_the_host() -> None:
    held = Lease("board", ANNA)
    assert held.take()
    waiting = start("echo", "never")
    assert json.loads(waiting.stdout.readline())["type"] == "progress"
    said = waiting.communicate(timeout=10)[0]
    assert json.loads(said.splitlines()[-1])["code"] == "host-gone" and waiting.returncode == 1
    os.close(held._descriptor)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_another_user_can_take_it_and_sign_it_in_a_sticky_folder(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"edgeline-lease-{os.getpid()}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o1777)
    try:
        program = (
            f"import os, sys; sys.dont_write_bytecode = True; sys.path.insert(0, {str(AGENT)!r}); from lease import Lease; "
            f"os.setgid(65534); os.setuid(65534); print(Lease({str(folder / NAME)!r}, None).take())"
        )

        def taken() -> str:
            return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip()

        ours = Lease(str(folder / NAME), ANNA)
        assert ours.take()
        assert taken() == "False"
        os.close(ours._descriptor)
        assert taken() == "True"
        assert json.loads((folder / NAME).read_text())["user"] != "anna"
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_what_is_no_file_is_refused_and_a_link_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link = tmp_path / "link"
    link.symlink_to(victim)
    for path in (link, tmp_path):
        with pytest.raises(AgentError) as refused:
            Lease(str(path), ANNA).take()
        assert refused.value.code == "device-unusable"
    assert victim.read_text() == "precious"


def test_a_file_that_was_cleared_away_is_no_lease(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Lease("board", ANNA)
    assert first.take()
    (leases / NAME).unlink()
    second = Lease("board", None)
    opened = second._open
    # The file goes between opening and locking, once.
    calls: list[int] = []

    def vanishing() -> int:
        descriptor = opened()
        calls.append(descriptor)
        if len(calls) == 1:
            (leases / NAME).unlink()
        return descriptor

    monkeypatch.setattr(second, "_open", vanishing)
    assert second.take() and len(calls) == 2
    assert os.stat(leases / NAME).st_ino == os.fstat(second._descriptor).st_ino


def test_all_users_find_the_same_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGELINE_LEASES")
    path = Path(board_lease())
    assert str(path.parent) in FOLDERS and path.parent.stat().st_mode & 0o1002 == 0o1002
    monkeypatch.setattr("lease.FOLDERS", ("/", "/nowhere"))
    with pytest.raises(AgentError):
        board_lease()


def test_old_bundles_stay_while_somebody_measures(tmp_path: Path) -> None:
    old = tmp_path / "bundles" / "old"
    old.mkdir(parents=True)
    long_ago = time.time() - 90 * 24 * 3600
    os.utime(old, (long_ago, long_ago))

    def collect() -> dict[str, object]:
        request = json.dumps({"path": str(old.parent), "keep": 0})
        command = [sys.executable, str(HELPER), "collect"]
        return json.loads(subprocess.run(command, input=request, capture_output=True, text=True, check=True).stdout)

    held = Lease("board", ANNA)
    assert held.take()
    assert collect()["removed"] == [] and old.exists()
    os.close(held._descriptor)
    assert collect()["removed"] == ["old"] and not old.exists()
