"""What is sampled: by the kernel's files, and by psutil where there are none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_agent import dynamic_model, make_bundle, run

__all__ = ["dynamic_model"]

FOUR = [0, 1, 2, 3]


@pytest.fixture
def busy() -> Iterator[int]:
    """The number of a process that computes."""
    process = subprocess.Popen([sys.executable, "-c", "kept = bytearray(50_000_000)\nwhile True: pass"])
    time.sleep(0.3)
    yield process.pid
    process.kill()
    process.wait()


def look(readings: Any, pid: int) -> dict[str, Any]:
    from sampler import Sampler

    sampler = Sampler(readings)
    sampler.watch(pid)
    sampler.sample("before")
    time.sleep(0.3)
    return sampler.sample("during")


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="no /proc")
def test_the_kernels_files_say_what_psutil_says(busy: int) -> None:
    from portable import PortableReadings
    from procfs import ProcReadings

    first, own, last = look(PortableReadings(), busy), look(ProcReadings(), busy), look(PortableReadings(), busy)
    # Totals only grow, so ours lies between those of before and after.
    for name in ("busy_s_total", "waiting_s_total", "stolen_s_total", "process_s_total", "preemptions_total"):
        assert first[name] - 0.011 <= own[name] <= last[name] + 0.011, name
    assert own["swapped_in_bytes_total"] >= first["swapped_in_bytes_total"]
    assert own["rss_bytes"] == pytest.approx(first["rss_bytes"], rel=0.1) and own["rss_bytes"] > 50_000_000
    assert own["uss_bytes"] == pytest.approx(first["uss_bytes"], rel=0.1)
    assert own["pss_bytes"] == pytest.approx(first["pss_bytes"], rel=0.1)
    assert own["cpu_percent_process"] > 10 and 0 < own["cpu_percent"] <= 100
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < own["memory_used_bytes"] < total


def test_what_changes_slowly_is_in_few_samples_and_says_so(busy: int) -> None:
    from sampler import FAST_SERIES, SLOW_SERIES, Sampler

    sampler = Sampler()
    sampler.watch(busy)
    samples = []
    for index in range(15):
        samples.append(sampler.sample("before" if index < 3 else "during"))
        time.sleep(0.1)
    slow = [index for index, sample in enumerate(samples) if "memory_used_bytes" in sample]
    # The first of each phase, and one a second.
    assert slow[:2] == [0, 3] and 3 <= len(slow) <= 4
    series = sampler.series(10.0)
    assert {series[name]["hz"] for name in FAST_SERIES} == {10.0}
    assert {series[name]["hz"] for name in SLOW_SERIES} == {1.0}
    for sample in samples:
        assert set(FAST_SERIES) <= set(sample) <= {"phase", *series}
    assert set(SLOW_SERIES) <= set(samples[0])


def test_a_process_that_has_ended_has_no_figures(busy: int) -> None:
    from sampler import Sampler

    ended = subprocess.Popen(["true"])
    sampler = Sampler()
    sampler.watch(ended.pid)
    # Ended, and not waited for.
    while Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    for _ in range(2):
        sample = sampler.sample("during")
        assert sample["rss_bytes"] == 0 and "process_s_total" not in sample
        ended.wait()


def test_what_vcgencmd_costs_is_the_samplers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from board import Firmware

    program = tmp_path / "vcgencmd"
    program.write_text("#!/bin/sh\ni=0; while [ $i -lt 20000 ]; do i=$((i+1)); done\necho throttled=0x50005\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    firmware = Firmware()
    assert firmware.throttled() == 0x50005
    assert firmware.processor_seconds > 0


@pytest.mark.parametrize(
    ("threads", "inference", "sampler"),
    [(1, [3], [0, 1, 2]), (2, [2, 3], [0, 1]), (4, FOUR, None), (8, FOUR, None)],
)
def test_as_many_processors_as_threads(
    monkeypatch: pytest.MonkeyPatch, threads: int, inference: list[int], sampler: list[int] | None
) -> None:
    from board import share_cores

    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(FOUR))
    assert share_cores(threads) == {"inference": inference, "sampler": sampler}


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_timed_process_is_kept_to_its_processors(dynamic_model: Path, tmp_path: Path, threads: int) -> None:
    windows = ["--windows", "1", "--window-inferences", "10", "--window-seconds", "0.2", "--steady", "0.1"]
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    messages, code = run(bundle, tmp_path / "out", "--threads", str(threads), "--workers", "0", *windows)
    assert code == 0
    own = sorted(os.sched_getaffinity(0))
    assert messages[-1]["windows"][0]["cores"] == messages[-1]["cores"]["inference"] == own[-threads:]
