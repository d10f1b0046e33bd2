"""What only the board's firmware and kernel know: the throttling mask, the clocks and their governor, and which core does what."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from typing import Dict, List, Optional

GOVERNORS = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
POLICIES = "/sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq"
VCGENCMD_SECONDS = 2.0


def number_in(path: str) -> Optional[float]:
    """The one number that a file of /sys holds; None where it cannot be read."""
    try:
        with open(path, encoding="ascii") as file:
            return float(file.read().strip())
    except (OSError, ValueError):
        return None


def text_in(path: str) -> Optional[str]:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return None


def thermal_zone() -> Optional[str]:
    """The file with the processor's temperature in thousandths of a degree Celsius, where the board has one."""
    zones = sorted(glob.glob("/sys/class/thermal/thermal_zone*"))
    for zone in zones:
        kind = text_in(f"{zone}/type")
        if kind is not None and (kind.startswith("cpu") or kind == "x86_pkg_temp"):
            return f"{zone}/temp"
    return f"{zones[0]}/temp" if zones else None


class Firmware:
    """`vcgencmd`, which alone tells the whole throttling mask of a Raspberry Pi: the kernel passes on one bit of it."""

    def __init__(self) -> None:
        folders = os.pathsep.join([os.environ.get("PATH", ""), "/usr/bin", "/opt/vc/bin"])
        self._program = shutil.which("vcgencmd", path=folders)
        self.processor_seconds = 0.0
        """What asking it has cost: time of processes of its own, which is not ours."""

    def _ask(self, *question: str) -> Optional[str]:
        if self._program is None:
            return None
        before = os.times()
        try:
            done = subprocess.run(
                [self._program, *question], stdin=subprocess.DEVNULL, capture_output=True, timeout=VCGENCMD_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        finally:
            after = os.times()
            used = after.children_user - before.children_user + after.children_system - before.children_system
            self.processor_seconds += used
        return done.stdout.decode("ascii", "replace") if done.returncode == 0 else None

    def throttled(self) -> Optional[int]:
        """Bits 0 to 3: under-voltage, clock capped, throttled, soft temperature limit now; 16 to 19: since the board started."""
        answer = re.match(r"throttled=(0x[0-9a-fA-F]+)", self._ask("get_throttled") or "")
        return None if answer is None else int(answer.group(1), 16)

    def temperature(self) -> Optional[float]:
        """Degrees Celsius."""
        answer = re.match(r"temp=([0-9.]+)", self._ask("measure_temp") or "")
        return None if answer is None else float(answer.group(1))


def clock_files() -> List[str]:
    """The files with the clocks, kHz: one for all cores that share one."""
    return sorted(glob.glob(POLICIES))


class Governor:
    """The rule by which the kernel chooses clocks: pinned to the highest while measuring, where that is allowed, and put back."""

    def __init__(self, pin: bool) -> None:
        self._before = {path: text_in(path) for path in sorted(glob.glob(GOVERNORS))}
        self.pinned = False
        if pin and self._before:
            try:
                for path in self._before:
                    self._write(path, "performance")
                self.pinned = True
            except OSError:
                self.restore()

    @staticmethod
    def _write(path: str, governor: Optional[str]) -> None:
        if governor is not None:
            with open(path, "w", encoding="ascii") as file:
                file.write(governor)

    def now(self) -> Optional[str]:
        """As the first core says it; None where the kernel has no such thing."""
        for path in self._before:
            return text_in(path)
        return None

    @staticmethod
    def target_mhz() -> Optional[float]:
        """The clock that `performance` holds the first core at."""
        highest = number_in("/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq")
        return None if highest is None else round(highest / 1000, 1)

    def restore(self) -> None:
        for path, governor in self._before.items():
            try:
                self._write(path, governor)
            except OSError:
                pass
        self.pinned = False


def own_cores() -> Optional[List[int]]:
    """The processors that this process may use; None where the system does not tell."""
    try:
        return sorted(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return None


def share_cores(threads: int) -> Dict[str, Optional[List[int]]]:
    """As many processors as it has threads for the measured process, and the others for the sampler, None where none is left.

    The measured process gets the last ones: interrupts are served by the first.
    """
    cores = own_cores()
    if cores is None:
        return {"inference": None, "sampler": None}
    return {"inference": cores[-threads:], "sampler": cores[:-threads] or None}
