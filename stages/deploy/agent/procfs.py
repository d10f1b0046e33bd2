"""Looks at a Linux machine through files of /proc and /sys that stay open: opening and parsing them whole, as a library
must, would cost a board several times as much."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List, Optional

from board import Firmware, clock_files, thermal_zone

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class KeptFile:
    """A small file that is read from its beginning again and again, at most `size` bytes of it."""

    def __init__(self, path: str, size: int) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._size = size

    def read(self) -> bytes:
        return os.pread(self._descriptor, self._size, 0)

    def number(self) -> Optional[float]:
        """Its one number; None where it cannot be read."""
        try:
            return float(self.read())
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        os.close(self._descriptor)


def kept(path: str, size: int) -> Optional[KeptFile]:
    """None where there is no such file."""
    try:
        return KeptFile(path, size)
    except OSError:
        return None


def value_after(text: bytes, name: bytes) -> int:
    """The number that follows `name`, which begins a line; 0 where it is not there."""
    start = text.find(b"\n" + name)
    if start < 0:
        return 0
    return int(text[start + 1 + len(name) : start + 64 + len(name)].split(None, 1)[0])


class ProcReadings:
    """Two kinds of looks: `fast` is cheap enough for every sample, `slow` walks page tables or starts a process."""

    name = "/proc and /sys"

    def __init__(self) -> None:
        self._stat = KeptFile("/proc/stat", 512)
        # What is looked for stands in its first half.
        self._vmstat = kept("/proc/vmstat", 1 << 14)
        self._meminfo = KeptFile("/proc/meminfo", 512)
        self._clocks = [file for file in (kept(path, 64) for path in clock_files()) if file is not None]
        zone = thermal_zone()
        self._zone = None if zone is None else kept(zone, 64)
        self._firmware = Firmware()
        self._process: List[KeptFile] = []
        self._pid: Optional[int] = None
        self._used = 0.0
        self._looked = 0.0
        self._busy, self._all = self._processors()[:2]

    @property
    def processor_seconds(self) -> float:
        """Of this process and those that it asked."""
        return time.process_time() + self._firmware.processor_seconds

    def watch(self, pid: Optional[int]) -> None:
        """Which process is the measured one; None when there is none."""
        for file in self._process:
            file.close()
        self._process, self._pid = [], None
        if pid is not None:
            files = [kept(f"/proc/{pid}/stat", 1024), kept(f"/proc/{pid}/status", 1 << 13)]
            if None not in files:
                self._process, self._pid = [file for file in files if file is not None], pid
                self._looked = 0.0

    def _processors(self) -> "tuple[int, int, List[int]]":
        """Ticks of all processors: at work, in all, and each column of the first line (proc_stat(5))."""
        fields = [int(field) for field in self._stat.read().split(b"\n", 1)[0].split()[1:9]]
        total = sum(fields)
        return total - fields[3] - fields[4], total, fields

    def fast(self) -> Dict[str, Any]:
        busy, total, (user, nice, system, _, waiting, _, _, stolen) = self._processors()
        passed = total - self._all
        percent = 100 * (busy - self._busy) / passed if passed > 0 else 0.0
        self._busy, self._all = busy, total
        clocks = [value for value in (file.number() for file in self._clocks) if value is not None]
        paging = b"" if self._vmstat is None else self._vmstat.read()
        return {
            "cpu_percent": round(min(max(percent, 0.0), 100.0), 1),
            "frequency_mhz": round(min(clocks) / 1000, 1) if clocks else None,
            # Interrupts are left out: serving them is nobody's fault.
            "busy_s_total": (user + nice + system) / TICKS,
            "waiting_s_total": waiting / TICKS,
            "stolen_s_total": stolen / TICKS,
            "swapped_in_bytes_total": value_after(paging, b"pswpin ") * PAGE,
            "swapped_out_bytes_total": value_after(paging, b"pswpout ") * PAGE,
            **self._of_process(),
        }

    def _of_process(self) -> Dict[str, Any]:
        """proc_pid_stat(5). A process that has ended and was not waited for yet has none of its figures."""
        try:
            text = self._process[0].read() if self._process else b""
        except OSError:
            text = b""
        # A program's name may have spaces and brackets.
        fields = text[text.rfind(b")") + 2 :].split(None, 22)
        if len(fields) < 22 or fields[0] in (b"Z", b"X"):
            return {"cpu_percent_process": 0.0, "rss_bytes": 0}
        used, now = (int(fields[11]) + int(fields[12])) / TICKS, time.perf_counter()
        percent = 100 * (used - self._used) / (now - self._looked) if self._looked > 0 else 0.0
        self._used, self._looked = used, now
        return {
            "cpu_percent_process": round(percent, 1),
            "rss_bytes": int(fields[21]) * PAGE,
            "process_s_total": used,
            "minor_faults_total": int(fields[7]),
            "major_faults_total": int(fields[9]),
        }

    def slow(self) -> Dict[str, Any]:
        memory = b"\n" + self._meminfo.read()
        used = value_after(memory, b"MemTotal:") - value_after(memory, b"MemAvailable:")
        if self._zone is None:
            temperature = self._firmware.temperature()
        else:
            thousandths = self._zone.number()
            temperature = None if thousandths is None else round(thousandths / 1000, 2)
        sample = {
            "memory_used_bytes": used * 1024,
            "temperature_c": temperature,
            "throttled": self._firmware.throttled(),
        }
        if self._pid is not None:
            sample.update(self._slow_of_process(self._pid))
        return sample

    def _slow_of_process(self, pid: int) -> Dict[str, Any]:
        """Footprint: proportional and unique set size (proc_pid_smaps(5)); None where the kernel does not tell."""
        # Opened anew: it is the one file here that the kernel lets only the process's own user open, and not everywhere.
        rollup = kept(f"/proc/{pid}/smaps_rollup", 4096)
        footprint: Dict[str, Any] = {"pss_bytes": None, "uss_bytes": None}
        try:
            text = b"" if rollup is None else rollup.read()
            if text:
                private = value_after(text, b"Private_Clean:") + value_after(text, b"Private_Dirty:")
                footprint = {"pss_bytes": value_after(text, b"Pss:") * 1024, "uss_bytes": private * 1024}
            switches = value_after(self._process[1].read(), b"nonvoluntary_ctxt_switches:")
            return {**footprint, "preemptions_total": switches}
        except OSError:
            return footprint
        finally:
            if rollup is not None:
                rollup.close()
