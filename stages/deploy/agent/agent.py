"""The agent: runs on the device, measures one bundle there and samples the machine meanwhile.

    python agent.py --bundle DIR --out DIR [--threads N] [--warmup N] [--before S] [--after S] [--sample-hz N]
                    [--windows N] [--window-inferences N] [--window-seconds S] [--steady S] [--pin-governor]
                    [--limit N] [--lock FILE] [--stop-when-stdin-closes] [--inference JSON]

Two passes: every text once, for what the model answers (infer.py, or the program that --inference names, which gets the
same arguments and speaks the same lines), then --windows times a fresh process for how long it takes (window.py). This
process samples, on cores of its own where there are enough: before, during and after. It needs the Python standard
library, LiteRT (ai-edge-litert) and psutil. It writes predictions.jsonl, windows.jsonl, telemetry.jsonl and result.json
into --out and speaks JSON lines on standard output (protocol.py).
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional, TextIO

from board import Governor, share_cores
from protocol import PROTOCOL, AgentError, claim_stdout, send

HEARTBEAT_SECONDS = 1.0


def parse_arguments(argv: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True, help="folder with model.tflite and test.jsonl")
    parser.add_argument("--out", required=True, help="folder for the results; made when missing")
    parser.add_argument("--threads", type=int, default=1, help="threads of the interpreter")
    parser.add_argument("--warmup", type=int, default=20, help="untimed inferences first")
    parser.add_argument("--before", type=float, default=2.0, help="seconds sampled before the model is loaded")
    parser.add_argument("--after", type=float, default=2.0, help="seconds sampled after its process has ended")
    parser.add_argument("--sample-hz", type=float, default=10.0, help="samples a second, at most 10")
    parser.add_argument("--windows", type=int, default=0, help="timed windows, each in a fresh process")
    parser.add_argument("--window-inferences", type=int, default=128, help="of each window, at least")
    parser.add_argument("--window-seconds", type=float, default=1.0, help="of each window, at least")
    parser.add_argument("--steady", type=float, default=2.0, help="seconds of warming up before a window, at most")
    parser.add_argument("--pin-governor", action="store_true", help="hold the highest clock while measuring, if allowed")
    parser.add_argument("--limit", type=int, default=None, help="only the first rows of the test file")
    parser.add_argument("--lock", default=None, help="file locked while measuring: one measurement at a time")
    parser.add_argument("--inference", type=json.loads, default=None, help="another program, a JSON list of arguments")
    parser.add_argument("--stop-when-stdin-closes", action="store_true", help="end when the host has gone")
    options = parser.parse_args(argv)
    if not 0 < options.sample_hz <= 10:
        parser.error("--sample-hz must be above 0 and at most 10: sampling faster disturbs what is measured")
    return options


def sha256_of(path: str) -> str:
    """Hexadecimal digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def is_emulated() -> bool:
    """Whether a user-mode emulator runs this program. It disguises the caller's own /proc entries, not those of others."""
    # It waits for input, not for time: where somebody plays with the clock, a sleep may end at once.
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.05)
        return "qemu" in os.path.basename(os.readlink(f"/proc/{child.pid}/exe"))
    except OSError:
        return False
    finally:
        child.kill()
        child.communicate()


class Agent:
    """One measurement."""

    def __init__(self, options: argparse.Namespace, channel: TextIO) -> None:
        from sampler import Sampler

        self._options = options
        self._channel = channel
        self._sampler = Sampler()
        self._interval = 1.0 / options.sample_hz
        self._telemetry = open(os.path.join(options.out, "telemetry.jsonl"), "w", encoding="utf-8", newline="\n")
        self._cores = share_cores(options.threads)
        if self._cores["sampler"] is not None:
            os.sched_setaffinity(0, self._cores["sampler"])
        self._governor = Governor(options.pin_governor)
        self._start = time.perf_counter()
        self._clock_at_start = self._clock_difference()
        self._next_sample = self._start + self._interval
        self._child: Optional["subprocess.Popen[bytes]"] = None
        self._last_pid = 0
        self.samples = 0

    @staticmethod
    def _clock_difference() -> float:
        """Wall clock less monotonic clock, seconds: it changes when somebody sets the clock."""
        return time.time() - time.monotonic()

    def _say(self, document: Dict[str, Any]) -> None:
        send(self._channel, document)

    def _sample_when_due(self, phase: str) -> float:
        """Samples when it is time to; returns the seconds until the next sample."""
        now = time.perf_counter()
        if now >= self._next_sample:
            document = {"t_s": round(now - self._start, 4), "phase": phase, **self._sampler.sample()}
            self._telemetry.write(json.dumps(document, separators=(",", ":")) + "\n")
            self.samples += 1
            while self._next_sample <= now:
                self._next_sample += self._interval
        return max(0.0, self._next_sample - time.perf_counter())

    def _wait(self, descriptors: List[int], seconds: float) -> List[int]:
        """Waits for input, but at most `seconds`. Raises AgentError when the host has closed our standard input."""
        watched = descriptors + ([0] if self._options.stop_when_stdin_closes else [])
        ready = select.select(watched, [], [], seconds)[0]
        if self._options.stop_when_stdin_closes and 0 in ready and os.read(0, 4096) == b"":
            raise AgentError("host-gone", "the host has closed the connection", None)
        return [descriptor for descriptor in ready if descriptor in descriptors]

    def idle(self, seconds: float, phase: str) -> None:
        """Samples the machine at rest."""
        start = time.perf_counter()
        said = -1.0
        while time.perf_counter() - start < seconds:
            elapsed = time.perf_counter() - start
            if elapsed - said >= HEARTBEAT_SECONDS or said < 0:
                said = elapsed
                progress = {"done": int(elapsed), "total": int(seconds), "unit": "seconds", "phase": f"idle {phase}"}
                self._say({"type": "progress", **progress})
            self._wait([], min(self._sample_when_due(phase), max(0.0, seconds - elapsed)))

    def measure(self) -> Dict[str, Any]:
        """Every text once; returns the result line."""
        return self._run_program(list(self._options.inference or self._own("infer.py")), "during")

    def time(self) -> List[Dict[str, Any]]:
        """The windows, each with its result line and the processes that worked beside it."""
        from sampler import busiest, processor_seconds

        options = self._options
        windows = []
        for number in range(1, options.windows + 1):
            command = [*self._own("window.py"), "--window", str(number), "--steady", str(options.steady)]
            command += ["--inferences", str(options.window_inferences), "--seconds", str(options.window_seconds)]
            before, since = processor_seconds(), time.perf_counter()
            window = self._run_program(command, "window")
            start, end = (round(moment - self._start, 4) for moment in window.pop("window"))
            neighbours = busiest(before, time.perf_counter() - since, [os.getpid(), self._last_pid])
            facts = {name: window[name] for name in ("n", "load_s", "warm_up", "peak_rss_bytes")}
            windows.append({"window": number, "from_s": start, "to_s": end, "neighbours": neighbours, **facts})
        return windows

    @staticmethod
    def _own(name: str) -> List[str]:
        return [sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), name)]

    def _give_cores(self) -> None:
        """Runs in the new process: what the sampler gave up is the measured one's alone."""
        if self._cores["inference"] is not None:
            os.sched_setaffinity(0, self._cores["inference"])

    def _run_program(self, command: List[str], phase: str) -> Dict[str, Any]:
        """Runs a program of ours to its end, sampling it and passing its lines on; returns its result line."""
        options = self._options
        command += ["--bundle", options.bundle, "--out", options.out]
        command += ["--threads", str(options.threads), "--warmup", str(options.warmup)]
        if options.limit is not None:
            command += ["--limit", str(options.limit)]
        self._child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=self._give_cores
        )
        self._last_pid = self._child.pid
        self._sampler.watch(self._child.pid)
        assert self._child.stdout is not None
        output = self._child.stdout.fileno()
        pending = b""
        last: Dict[str, Any] = {}
        said = time.monotonic()
        while True:
            wait = self._sample_when_due(phase)
            if self._wait([output], wait):
                block = os.read(output, 65536)
                if block == b"":
                    break
                *lines, pending = (pending + block).split(b"\n")
                for line in lines:
                    last = json.loads(line)
                    if last["type"] == "progress":
                        said = time.monotonic()
                        self._say(last)
            elif time.monotonic() - said >= 10 * HEARTBEAT_SECONDS:
                # A single inference may take many seconds on a small board; silence would look like a hang.
                said = time.monotonic()
                self._say({"type": "log", "level": "info", "message": "still at work"})
        self._sampler.watch(None)
        code = self._child.wait()
        self._child = None
        if last.get("type") == "failure":
            raise AgentError(last["code"], last["message"], last.get("hint"))
        if last.get("type") != "result":
            raise AgentError("inference-died", *self._obituary(code))
        return last

    @staticmethod
    def _obituary(code: int) -> "tuple[str, Optional[str]]":
        if code == -signal.SIGKILL:
            return "the inference process was killed", "It probably ran out of memory: see `dmesg` on the device."
        if code < 0:
            return f"the inference process died of {signal.Signals(-code).name}", "See the log for what LiteRT said."
        return f"the inference process ended with code {code} and no result", "See the log for what it said."

    def close(self) -> None:
        """Ends the inference process, if it still runs, and writes out the samples."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._governor.restore()
        self._telemetry.close()

    def run(self) -> Dict[str, Any]:
        """The whole measurement; returns the `result` line, which is also result.json."""
        options = self._options
        self.idle(options.before, "before")
        result = self.measure()
        windows = self.time()
        ended = time.perf_counter()
        self.idle(options.after, "after")
        self._telemetry.flush()
        start, end = (moment - self._start for moment in result.pop("window"))
        if options.inference is None:
            model = os.path.join(options.bundle, "model.tflite")
            result.update({"model_sha256": sha256_of(model), "model_bytes": os.path.getsize(model)})
        result.update(
            {
                "measured_from_s": round(start, 4),
                "measured_to_s": round(end, 4),
                "process_ended_s": round(ended - self._start, 4),
                "samples": self.samples,
                "windows": windows,
                "cores": self._cores,
                "governor": {
                    "name": self._governor.now(),
                    "pinned_mhz": self._governor.target_mhz() if self._governor.pinned else None,
                },
                "clock_jump_s": round(self._clock_difference() - self._clock_at_start, 4),
            }
        )
        return result


def take_lock(path: str, channel: TextIO, watch_stdin: bool) -> int:
    """Waits until no other measurement runs on this device; the lock goes with this process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    waiting = 0
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if waiting % 10 == 0:
                phase = "waiting for another measurement on this device"
                send(channel, {"type": "progress", "done": waiting // 2, "unit": "seconds", "phase": phase})
            waiting += 1
            if watch_stdin and select.select([0], [], [], 0.5)[0] and os.read(0, 4096) == b"":
                raise AgentError("host-gone", "the host has closed the connection", None) from None
            if not watch_stdin:
                time.sleep(0.5)


def hello(options: argparse.Namespace) -> Dict[str, Any]:
    """The first line. Raises AgentError when something is missing on the device."""
    try:
        import psutil  # noqa: F401 - only whether it is there

        if options.inference is None:
            from ai_edge_litert import interpreter  # noqa: F401
    except ImportError as error:
        raise AgentError(
            "device-unusable",
            f"{sys.executable} on the device cannot import {error.name or error}",
            f"Install it there: {sys.executable} -m pip install ai-edge-litert psutil",
        ) from error
    from importlib.metadata import version

    runtime: Dict[str, Any] = {"threads": options.threads}
    if options.inference is None:
        runtime["litert"] = version("ai-edge-litert")
    return {"type": "hello", "protocol": PROTOCOL, "runtime": runtime, "emulated": is_emulated()}


def run(options: argparse.Namespace, channel: TextIO) -> None:
    send(channel, hello(options))
    os.makedirs(options.out, exist_ok=True)
    if options.lock is not None:
        take_lock(options.lock, channel, options.stop_when_stdin_closes)
    agent = Agent(options, channel)
    try:
        result = agent.run()
    finally:
        agent.close()
    with open(os.path.join(options.out, "result.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(result, sort_keys=True, separators=(",", ":")) + "\n")
    send(channel, result)


def stop(number: int, _frame: object) -> None:
    raise AgentError("stopped", f"stopped by {signal.Signals(number).name}", None)


def main() -> int:
    options = parse_arguments()
    channel = claim_stdout()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        run(options, channel)
        return 0
    except AgentError as error:
        try:
            send(channel, error.document())
        except OSError:
            pass
        return 1
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
