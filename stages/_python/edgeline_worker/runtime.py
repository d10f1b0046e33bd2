"""TensorFlow set up so that a result depends on the seed and the number of threads only."""

from __future__ import annotations

import platform
import resource
import sys
from pathlib import Path

import keras
import tensorflow as tf

from edgeline_worker.protocol import StageError


def configure(threads: int, seed: int | None = None, processor: str = "cpu") -> str:
    """Call once, before anything is computed. One operation runs at a time, on `threads` threads.

    Returns the name of what it will run on. `processor` is `cpu`, where graphics processors are not touched, or `gpu`.
    Raises StageError `no-gpu` when TensorFlow sees none.
    """
    device = _use_gpu() if processor == "gpu" else _use_cpu()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    return device


def _use_cpu() -> str:
    if tf.config.list_physical_devices("GPU"):
        tf.config.set_visible_devices([], "GPU")
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        described = []
    names = (line.partition(":")[2].strip() for line in described if line.startswith("model name"))
    return next(names, platform.machine())


def _use_gpu() -> str:
    found = tf.config.list_physical_devices("GPU")
    if not found:
        built = "" if tf.test.is_built_with_cuda() else ", which was built without CUDA"
        raise StageError(
            "no-gpu",
            f"`processor: gpu` was asked for, but TensorFlow {tf.__version__}{built}, sees no graphics processor",
            "take `processor: cpu`; or a machine with an NVIDIA driver, and run with EDGELINE_CUDA=1",
        )
    # One: a second one would change how sums are split.
    tf.config.set_visible_devices(found[:1], "GPU")
    tf.config.experimental.set_memory_growth(found[0], True)
    return str(tf.config.experimental.get_device_details(found[0]).get("device_name", "GPU"))


def peak_resident_bytes() -> int:
    """The largest resident set of this process so far, bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def versions() -> dict[str, str]:
    return {"tensorflow": tf.__version__, "keras": keras.__version__}
