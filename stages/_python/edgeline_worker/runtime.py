"""TensorFlow set up so that a result depends on the seed and the number of threads only."""

from __future__ import annotations

import resource
import sys

import keras
import tensorflow as tf


def configure(threads: int, seed: int | None = None) -> None:
    """Call once, before anything is computed. One operation runs at a time, on `threads` threads."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def peak_resident_bytes() -> int:
    """The largest resident set of this process so far, bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def versions() -> dict[str, str]:
    return {"tensorflow": tf.__version__, "keras": keras.__version__}
