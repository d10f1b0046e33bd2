"""One look at the machine: processor, memory, faults, temperature, clocks and throttling, with psutil, /proc and vcgencmd."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Tuple

import psutil
from board import Firmware, frequencies_mhz, number_in, thermal_zone

SLOW_SECONDS = 1.0
"""Between two looks at what costs a new process or a walk through page tables: more often would disturb what is measured."""


def faults_of(pid: int) -> Tuple[int, int]:
    """Minor and major page faults of a process so far (proc(5), fields 10 and 12 of its stat)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[7]), int(fields[9])
    except (OSError, ValueError, IndexError):
        return 0, 0


def footprint_of(pid: int) -> Dict[str, Optional[int]]:
    """Proportional and unique set size, bytes (smaps_rollup); None where the kernel does not tell."""
    wanted = {"Pss:": 0, "Private_Clean:": 0, "Private_Dirty:": 0}
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii", errors="replace") as file:
            for line in file:
                name, _, rest = line.partition(" ")
                if name in wanted:
                    wanted[name] = int(rest.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        return {"pss_bytes": None, "uss_bytes": None}
    return {"pss_bytes": wanted["Pss:"], "uss_bytes": wanted["Private_Clean:"] + wanted["Private_Dirty:"]}


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


class Sampler:
    """Percentages are means since the sample before; the first look only starts them. What ends in `_total` only grows."""

    def __init__(self) -> None:
        self._zone = thermal_zone()
        self._firmware = Firmware()
        self._process: Optional[psutil.Process] = None
        self._slow_at = 0.0
        psutil.cpu_percent(None)

    def watch(self, pid: Optional[int]) -> None:
        """Which process is the measured one; None before it starts and after it has ended."""
        self._process = None
        if pid is not None:
            try:
                self._process = psutil.Process(pid)
                self._process.cpu_percent(None)
            except psutil.Error:
                self._process = None

    def sample(self) -> Dict[str, Any]:
        """cpu_percent: all cores, 0 to 100. cpu_percent_process: 100 is one core. Memory in bytes, times in seconds.

        The process's figures are 0 while there is no process. Temperature (degrees Celsius) and the slowest core's clock
        (MHz) are None where the machine does not tell them. Once a second there are the throttling mask and the
        footprint of the process, too.
        """
        memory = psutil.virtual_memory()
        system = psutil.cpu_times()
        swap = psutil.swap_memory()
        temperature = number_in(self._zone) if self._zone is not None else None
        clocks = frequencies_mhz()
        sample = {
            "cpu_percent": psutil.cpu_percent(None),
            "memory_used_bytes": memory.total - memory.available,
            "temperature_c": None if temperature is None else round(temperature / 1000, 2),
            "frequency_mhz": min(clocks) if clocks else None,
            # Interrupts are left out: serving them is nobody's fault.
            "busy_s_total": round(system.user + getattr(system, "nice", 0.0) + system.system, 3),
            "waiting_s_total": round(getattr(system, "iowait", 0.0), 3),
            "stolen_s_total": round(getattr(system, "steal", 0.0), 3),
            "swapped_in_bytes_total": swap.sin,
            "swapped_out_bytes_total": swap.sout,
            "sampler_s_total": round(time.process_time(), 4),
            **self._of_process(),
        }
        if time.monotonic() - self._slow_at >= SLOW_SECONDS:
            self._slow_at = time.monotonic()
            sample["throttled"] = self._firmware.throttled()
            if self._zone is None:
                sample["temperature_c"] = self._firmware.temperature()
            if self._process is not None:
                sample.update(footprint_of(self._process.pid))
        return sample

    def _of_process(self) -> Dict[str, Any]:
        if self._process is not None:
            try:
                with self._process.oneshot():
                    times = self._process.cpu_times()
                    switches = self._process.num_ctx_switches()
                    minor, major = faults_of(self._process.pid)
                    return {
                        "cpu_percent_process": self._process.cpu_percent(None),
                        "rss_bytes": self._process.memory_info().rss,
                        "process_s_total": round(times.user + times.system, 3),
                        "minor_faults_total": minor,
                        "major_faults_total": major,
                        "preemptions_total": switches.involuntary,
                    }
            except psutil.Error:
                pass
        return {"cpu_percent_process": 0.0, "rss_bytes": 0}
