"""One update of the study's models at their real size, on this machine's processor, through the real program.

Over 10 s: BERT-Large has 335 million parameters. Drawing, storing and training them once takes minutes.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path

import pytest
from worker_rig import ROOT

CHOICES = {
    # The study as it is declared, but for weights and tweets that are everywhere.
    "stages.fetch.with.source": "sample",
    "stages.clean.with.rules": "light",
    "axes.seed": "[1]",
    "stages.fine-tune.with.limit_train": "32",
    "stages.fine-tune.with.epochs": "1",
}


@pytest.mark.parametrize(("model", "parameters"), [("bert-large", 335e6), ("mobilebert", 24.6e6)])
def test_one_update(tmp_path: Path, model: str, parameters: float) -> None:
    (tmp_path / "pipeline.yaml").write_text((ROOT / "pipeline.yaml").read_text())
    choices = CHOICES | {f"models.{model}.weights": "random:1"}
    settings = [word for name, value in choices.items() for word in ("--set", f"{name}={value}")]
    command = ["node", str(ROOT / "bin" / "pipeline.cjs"), "run", f"fine-tune@model={model}", "--profile", "study"]
    finished = subprocess.run(
        [*command, "--json", *settings],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    (log,) = tmp_path.glob("artifacts/out/fine-tune/*/training.json")
    training = json.loads(log.read_text())
    assert training["parameters"] == pytest.approx(parameters, rel=0.01)
    assert training["steps_per_epoch"] == 1
    ((step, loss),) = training["loss"]
    assert step == 1 and math.isfinite(loss)
    (epoch,) = training["epochs"]
    assert all(math.isfinite(value) for value in epoch.values())
    print(
        f"{model}: {training['parameters']:,} parameters; one update on 32 tweets, compiling included: "
        f"{epoch['seconds']:.1f} s on {training['threads']} threads in {training['precision']}; "
        f"largest resident set {training['peak_rss_bytes'] / 2**30:.1f} GiB, "
        f"expected {training['estimated_memory_bytes'] / 2**30:.1f} GiB; loss {loss:.3f}"
    )
