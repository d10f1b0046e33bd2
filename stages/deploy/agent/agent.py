"""The agent: runs on the device, measures one bundle there and samples the machine meanwhile.

    python agent.py --bundle DIR --out DIR [--threads N] [--warmup N] [--before S] [--after S] [--rest S] [--sample-hz N]
                    [--windows N] [--window-inferences N] [--window-seconds S] [--steady S] [--pin-governor]
                    [--workers N] [--limit N] [--answers N] [--lock FILE|board] [--holder JSON] [--stop-when-stdin-closes]
                    [--inference JSON]

Two passes: every text once, for what the model answers (infer.py, or the program that --inference names, which gets the
same arguments and speaks the same lines), then --windows times a fresh process for how long it takes (window.py). This
process samples, on cores of its own where there are enough: before, during and after. It needs the Python standard
library, LiteRT (ai-edge-litert) and psutil. It writes predictions.jsonl, windows.jsonl, telemetry.jsonl and result.json
into --out and speaks JSON lines on standard output (protocol.py). Answers that an earlier start left in --out are gone
on from; what it timed is not.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional, TextIO

from board import Governor, own_cores, share_cores
from lease import Lease, add_arguments, wait_for
from protocol import PROTOCOL, SET_UP, AgentError, claim_stdout, send
from rows import sha256_of

HEARTBEAT_SECONDS = 1.0


def parse_arguments(argv: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True, help="folder with model.tflite and test.jsonl")
    parser.add_argument("--out", required=True, help="folder for the results; made when missing")
    parser.add_argument("--threads", type=int, default=1, help="threads of the interpreter")
    parser.add_argument("--workers", type=int, default=1, help="interpreters that answer; 0: as many as the device allows")
    parser.add_argument("--warmup", type=int, default=20, help="untimed inferences first")
    parser.add_argument("--before", type=float, default=2.0, help="seconds sampled before the model is loaded")
    parser.add_argument("--after", type=float, default=2.0, help="seconds sampled after its process has ended")
    parser.add_argument("--rest", type=float, default=0.0, help="idle seconds between the answers and the windows")
    parser.add_argument("--sample-hz", type=float, default=10.0, help="samples a second, at most 10")
    parser.add_argument("--windows", type=int, default=0, help="timed windows, each in a fresh process")
    parser.add_argument("--window-inferences", type=int, default=128, help="of each window, at least")
    parser.add_argument("--window-seconds", type=float, default=1.0, help="of each window, at least")
    parser.add_argument("--steady", type=float, default=2.0, help="seconds of warming up before a window, at most")
    parser.add_argument("--pin-governor", action="store_true", help="hold the highest clock while measuring, if allowed")
    parser.add_argument("--limit", type=int, default=None, help="only the first rows of the test file")
    parser.add_argument("--answers", type=int, default=None, help="texts that are answered; windows take the others too")
    add_arguments(parser)
    parser.add_argument("--inference", type=json.loads, default=None, help="another program, a JSON list of arguments")
    parser.add_argument("--stop-when-stdin-closes", action="store_true", help="end when the host has gone")
    options = parser.parse_args(argv)
    if not 0 < options.sample_hz <= 10:
        parser.error("--sample-hz must be above 0 and at most 10: sampling faster disturbs what is measured")
    return options


def is_emulated() -> bool:
    """Whether a user-mode emulator runs this program. It disguises the caller's own /proc entries, not those of others."""
    # It waits for input, not for time: where somebody plays with the clock, a sleep may fail.
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
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
        for stale in ("windows.jsonl", "result.json"):
            if os.path.exists(os.path.join(options.out, stale)):
                os.remove(os.path.join(options.out, stale))
        self._interval = 1.0 / options.sample_hz
        self._telemetry = open(os.path.join(options.out, "telemetry.jsonl"), "w", encoding="utf-8", newline="\n")
        self._all_cores = own_cores()
        self._cores = share_cores(options.threads)
        if self._cores["sampler"] is not None:
            os.sched_setaffinity(0, self._cores["sampler"])
        self._governor = Governor(options.pin_governor)
        self._start = time.perf_counter()
        self._started_at = time.time()
        self._clock_at_start = self._clock_difference()
        self._idle: List[Dict[str, Any]] = []
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
            document = {"t_s": round(now - self._start, 4), **self._sampler.sample(phase)}
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
        span = {"from_s": round(start - self._start, 4), "to_s": round(time.perf_counter() - self._start, 4)}
        self._idle.append({"phase": phase, **span})

    def measure(self) -> Dict[str, Any]:
        """Every text once, or the first --answers; returns the result line."""
        options = self._options
        limits = [limit for limit in (options.limit, options.answers) if limit is not None]
        limit = min(limits, default=None)
        if options.inference is not None:
            return self._run_program(list(options.inference), "during", limit, self._cores["inference"])
        command = [*self._own("infer.py"), "--resume", "--workers", str(options.workers)]
        # Several workers are not timed: they may have all processors.
        cores = self._cores["inference"] if options.workers == 1 else self._all_cores
        return self._run_program(command, "during", limit, cores)

    def time(self) -> List[Dict[str, Any]]:
        """The windows, each with its result line and the processes that worked beside it."""
        from sampler import busiest, processor_seconds

        options = self._options
        windows = []
        for number in range(1, options.windows + 1):
            command = [*self._own("window.py"), "--window", str(number), "--steady", str(options.steady)]
            command += ["--inferences", str(options.window_inferences), "--seconds", str(options.window_seconds)]
            before, since = processor_seconds(), time.perf_counter()
            window = self._run_program(command, "window", options.limit, self._cores["inference"])
            start, end = (round(moment - self._start, 4) for moment in window.pop("window"))
            neighbours = busiest(before, time.perf_counter() - since, [os.getpid(), self._last_pid])
            names = ("n", "untimed", "resize_s", "load_s", "warm_up", "peak_rss_bytes", "cores")
            facts = {name: window[name] for name in names}
            windows.append({"window": number, "from_s": start, "to_s": end, "neighbours": neighbours, **facts})
        return windows

    @staticmethod
    def _own(name: str) -> List[str]:
        return [sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), name)]

    def _run_program(
        self, command: List[str], phase: str, limit: Optional[int], cores: Optional[List[int]]
    ) -> Dict[str, Any]:
        """Runs a program of ours to its end, on these cores, sampling it and passing its lines on; returns its result line."""
        options = self._options
        command += ["--bundle", options.bundle, "--out", options.out]
        command += ["--threads", str(options.threads), "--warmup", str(options.warmup)]
        if limit is not None:
            command += ["--limit", str(limit)]
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            preexec_fn=None if cores is None else lambda: os.sched_setaffinity(0, cores),
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
        if options.rest > 0:
            # As close to the windows as can be: after hours of answers a board draws more at rest than before them.
            self.idle(options.rest, "rest")
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
                "started_at_s": round(self._started_at, 4),
                "idle": self._idle,
                "samples": self.samples,
                "sampler": self._sampler.name,
                "series": self._sampler.series(options.sample_hz),
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
            SET_UP,
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
        wait_for(Lease(options.lock, options.holder), channel, options.stop_when_stdin_closes)
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
    # Nothing here makes cycles, and a collection in the middle of a window would cost more than all its samples.
    gc.disable()
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
