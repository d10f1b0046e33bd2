"""Fine-tunes a classifier on an encoder. Options and formats: stages/fine-tune/README.md."""

from __future__ import annotations

from edgeline_worker.finetuning import train_classifier
from edgeline_worker.protocol import run_worker

if __name__ == "__main__":
    run_worker(train_classifier)
