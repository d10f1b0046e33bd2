"""Looks at a machine that has no /proc, with psutil; what its system does not tell is 0 or None."""

from __future__ import annotations

import time
from typing import Any, Dict, Optional

import psutil


class PortableReadings:
    """As procfs.ProcReadings."""

    name = "psutil"

    def __init__(self) -> None:
        self._process: Optional[psutil.Process] = None
        psutil.cpu_percent(None)

    @property
    def processor_seconds(self) -> float:
        return time.process_time()

    def watch(self, pid: Optional[int]) -> None:
        self._process = None
        if pid is not None:
            try:
                self._process = psutil.Process(pid)
                self._process.cpu_percent(None)
            except psutil.Error:
                self._process = None

    def fast(self) -> Dict[str, Any]:
        system = psutil.cpu_times()
        swap = psutil.swap_memory()
        return {
            "cpu_percent": psutil.cpu_percent(None),
            "frequency_mhz": None,
            "busy_s_total": round(system.user + getattr(system, "nice", 0.0) + system.system, 3),
            "waiting_s_total": round(getattr(system, "iowait", 0.0), 3),
            "stolen_s_total": round(getattr(system, "steal", 0.0), 3),
            "swapped_in_bytes_total": swap.sin,
            "swapped_out_bytes_total": swap.sout,
            **self._of_process(),
        }

    def _of_process(self) -> Dict[str, Any]:
        if self._process is not None:
            try:
                with self._process.oneshot():
                    times = self._process.cpu_times()
                    memory = self._process.memory_info()
                    figures = {
                        "cpu_percent_process": self._process.cpu_percent(None),
                        "rss_bytes": memory.rss,
                        "process_s_total": round(times.user + times.system, 3),
                    }
                    # macOS: all faults, and those that a page had to be read for.
                    if hasattr(memory, "pageins"):
                        figures["minor_faults_total"] = memory.pfaults - memory.pageins
                        figures["major_faults_total"] = memory.pageins
                    return figures
            except psutil.Error:
                pass
        return {"cpu_percent_process": 0.0, "rss_bytes": 0}

    def slow(self) -> Dict[str, Any]:
        memory = psutil.virtual_memory()
        sample: Dict[str, Any] = {
            "memory_used_bytes": memory.total - memory.available,
            "temperature_c": None,
            "throttled": None,
        }
        if self._process is not None:
            try:
                full = self._process.memory_full_info()
                sample.update({"pss_bytes": getattr(full, "pss", None), "uss_bytes": full.uss})
                sample["preemptions_total"] = self._process.num_ctx_switches().involuntary
            except psutil.Error:
                pass
        return sample
