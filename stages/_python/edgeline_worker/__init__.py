"""What Edgeline's Python workers share.

Importing it quiets TensorFlow, whose native log level is read once, when TensorFlow is first imported.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# A worker computes on the processor: a driver that TensorFlow finds by itself must not change a result.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# The Hub's library would tell which program runs it, and ask its server for a list of programs to know by.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
