"""Samples of the machine: processor, memory, faults, temperature, clocks and throttling, each at a rate that it says."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Protocol

import psutil
from portable import PortableReadings

SLOW_SECONDS = 1.0
"""Between two looks at what changes slowly, or costs a new process or a walk through page tables."""

FAST_SERIES = {
    "cpu_percent": "% of all processors, mean since the sample before",
    "cpu_percent_process": "% of one processor, mean since the sample before",
    "frequency_mhz": "MHz, the slowest processor",
    "busy_s_total": "s of all processors, without interrupts",
    "waiting_s_total": "s of all processors",
    "stolen_s_total": "s of all processors",
    "swapped_in_bytes_total": "bytes",
    "swapped_out_bytes_total": "bytes",
    "process_s_total": "s of one processor",
    "minor_faults_total": "page faults",
    "major_faults_total": "page faults",
    "rss_bytes": "bytes",
    "sampler_s_total": "s of one processor",
}
SLOW_SERIES = {
    "memory_used_bytes": "bytes of the system",
    "temperature_c": "degrees Celsius",
    "throttled": "mask of vcgencmd",
    "pss_bytes": "bytes",
    "uss_bytes": "bytes",
    "preemptions_total": "involuntary context switches",
}


def busiest(before: Dict[int, float], seconds: float, without: List[int]) -> List[Dict[str, Any]]:
    """The processes that used most of a core since `before` (`processor_seconds`), the busiest first."""
    found = []
    for pid, used in processor_seconds().items():
        share = (used - before.get(pid, 0.0)) / max(seconds, 1e-3)
        if pid in without or share < 0.01:
            continue
        try:
            name = psutil.Process(pid).name()
        except psutil.Error:
            continue
        found.append({"pid": pid, "name": name, "cores": round(share, 3)})
    return sorted(found, key=lambda process: -process["cores"])[:5]


def processor_seconds() -> Dict[int, float]:
    """Of every process, by its number."""
    used = {}
    for process in psutil.process_iter():
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        used[process.pid] = times.user + times.system
    return used


class Readings(Protocol):
    """A machine that can be looked at. What it does not tell is None or, where nothing of the kind exists, 0."""

    name: str

    @property
    def processor_seconds(self) -> float: ...

    def watch(self, pid: Optional[int]) -> None: ...

    def fast(self) -> Dict[str, Any]: ...

    def slow(self) -> Dict[str, Any]: ...


def open_readings() -> Readings:
    """Files of the kernel where there are such, else psutil."""
    try:
        from procfs import ProcReadings

        return ProcReadings()
    except (OSError, ValueError, IndexError):
        return PortableReadings()


class Sampler:
    """What ends in `_total` only grows. The process's figures are 0 while there is no process, or not there."""

    def __init__(self, readings: Optional[Readings] = None) -> None:
        self._readings = open_readings() if readings is None else readings
        self._slow_at = 0.0
        self._phase = ""

    @property
    def name(self) -> str:
        """Where the samples come from."""
        return self._readings.name

    @staticmethod
    def series(sample_hz: float) -> Dict[str, Dict[str, Any]]:
        """Unit and highest rate (samples a second) of what a sample may have; slow ones are in the first of a phase, too."""
        slow_hz = min(sample_hz, 1 / SLOW_SECONDS)
        series = {name: {"unit": unit, "hz": sample_hz} for name, unit in FAST_SERIES.items()}
        return {**series, **{name: {"unit": unit, "hz": slow_hz} for name, unit in SLOW_SERIES.items()}}

    def watch(self, pid: Optional[int]) -> None:
        """Which process is the measured one; None before it starts and after it has ended."""
        self._readings.watch(pid)

    def sample(self, phase: str) -> Dict[str, Any]:
        """A line of telemetry.jsonl without its time; None is what the machine does not tell."""
        sample = {"phase": phase, **self._readings.fast()}
        now = time.monotonic()
        if now - self._slow_at >= SLOW_SECONDS or phase != self._phase:
            self._slow_at, self._phase = now, phase
            sample.update(self._readings.slow())
        sample["sampler_s_total"] = round(self._readings.processor_seconds, 4)
        return sample
