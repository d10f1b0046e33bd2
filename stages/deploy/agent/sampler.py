"""One look at the machine: processor, memory, temperature and clock, read with psutil and from /sys."""

from __future__ import annotations

import glob
from typing import Any, Dict, Optional

import psutil


def _number(path: str) -> Optional[float]:
    try:
        with open(path, encoding="ascii") as file:
            return float(file.read().strip())
    except (OSError, ValueError):
        return None


def thermal_zone() -> Optional[str]:
    """The file with the processor's temperature in thousandths of a degree Celsius, where the board has one."""
    zones = sorted(glob.glob("/sys/class/thermal/thermal_zone*"))
    for zone in zones:
        try:
            with open(f"{zone}/type", encoding="ascii") as file:
                kind = file.read().strip()
        except OSError:
            continue
        if kind.startswith("cpu") or kind == "x86_pkg_temp":
            return f"{zone}/temp"
    return f"{zones[0]}/temp" if zones else None


class Sampler:
    """Percentages are means since the sample before; the first look only starts them."""

    def __init__(self) -> None:
        self._temperature = thermal_zone()
        self._frequency = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"
        self._process: Optional[psutil.Process] = None
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
        """cpu_percent: all cores, 0 to 100. cpu_percent_process: 100 is one core. Memory in bytes.

        The process's figures are 0 while there is no process. Temperature in degrees Celsius and clock of the
        first core in MHz are None where the machine does not tell them.
        """
        memory = psutil.virtual_memory()
        process_cpu, process_rss = 0.0, 0
        if self._process is not None:
            try:
                process_cpu = self._process.cpu_percent(None)
                process_rss = self._process.memory_info().rss
            except psutil.Error:
                pass
        temperature = _number(self._temperature) if self._temperature is not None else None
        frequency = _number(self._frequency)
        return {
            "cpu_percent": psutil.cpu_percent(None),
            "cpu_percent_process": process_cpu,
            "memory_used_bytes": memory.total - memory.available,
            "rss_bytes": process_rss,
            "temperature_c": None if temperature is None else round(temperature / 1000, 2),
            "frequency_mhz": None if frequency is None else round(frequency / 1000, 1),
        }
