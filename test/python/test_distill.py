"""teach and distill: teachers of one vocabulary, a student of another, and a loss between them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
import tensorflow as tf
from edgeline_worker.files import read_json, read_json_lines, sha256_of, write_json
from edgeline_worker.losses import cross_entropy, distillation
from edgeline_worker.protocol import StageError
from edgeline_worker.spec import ModelSpec
from edgeline_worker.teaching import mean_probabilities, opinions_on
from edgeline_worker.weights import load_weights
from test_stages import LABELS, fine_tune_options, tweets
from worker_rig import TINY_BERT, TINY_MOBILEBERT, WorkerRun, run_worker, write_lines

GENERATOR = np.random.default_rng(7)
LOGITS = GENERATOR.normal(size=(5, 3)).astype(np.float32)
TARGETS = GENERATOR.dirichlet(np.ones(3), size=5).astype(np.float32)
CLASSES = np.array([0, 2, 1, 1, 0], np.int32)


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    shares = np.exp(logits.astype(np.float64) / temperature)
    return shares / shares.sum(axis=-1, keepdims=True)


def loss_of(temperature: float, alpha: float, targets: np.ndarray = TARGETS) -> np.ndarray:
    return distillation(cross_entropy(), temperature, alpha)(LOGITS, CLASSES, targets).numpy()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_the_loss_is_the_formula(temperature: float, alpha: float) -> None:
    student = softmax(LOGITS, temperature)
    distance = (TARGETS * np.log(TARGETS / student)).sum(axis=1)
    hard = -np.log(softmax(LOGITS)[np.arange(5), CLASSES])
    expected = alpha * temperature**2 * distance + (1 - alpha) * hard
    np.testing.assert_allclose(loss_of(temperature, alpha), expected, rtol=1e-5, atol=1e-6)


def test_a_student_that_agrees_has_no_distance() -> None:
    np.testing.assert_allclose(loss_of(4.0, 1.0, softmax(LOGITS, 4.0).astype(np.float32)), 0.0, atol=1e-5)


def test_sure_teachers_at_temperature_one_are_labels() -> None:
    sure = np.eye(3, dtype=np.float32)[CLASSES]
    np.testing.assert_allclose(loss_of(1.0, 1.0, sure), loss_of(1.0, 0.0), rtol=1e-5)


def test_gradients_keep_their_size_when_the_temperature_changes() -> None:
    """Section 2 of Hinton et al.: with the square of it, they tend to that of a match of logits, (z - v) / n."""
    teacher = GENERATOR.normal(size=(5, 3))
    centred = [logits - logits.mean(axis=1, keepdims=True) for logits in (LOGITS.astype(np.float64), teacher)]
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        targets = softmax(teacher, 100.0).astype(np.float32)
        loss = distillation(cross_entropy(), 100.0, 1.0)(logits, CLASSES, targets)
    np.testing.assert_allclose(tape.gradient(loss, logits).numpy(), (centred[0] - centred[1]) / 3, atol=0.02)


def test_teachers_are_averaged_as_distributions() -> None:
    agreeing_and_not = np.array([[[4.0, 0.0], [4.0, 0.0]], [[4.0, 0.0], [0.0, 4.0]]])
    shares = mean_probabilities(agreeing_and_not, 2.0)
    np.testing.assert_allclose(shares[0], softmax(np.array([4.0, 0.0]), 2.0))
    np.testing.assert_allclose(shares[1], [0.5, 0.5])
    assert np.isfinite(mean_probabilities(np.array([[[1000.0, -1000.0]]]), 0.1)).all()


def test_opinions_are_found_by_tweet_and_entity(tmp_path: Path) -> None:
    rows = [{"id": "1", "entity": entity, "logits": [[float(place), 0.0]]} for place, entity in enumerate("ABC")]
    write_lines(tmp_path / "train.jsonl", rows)
    wanted = [{"id": "1", "entity": "C"}, {"id": "1", "entity": "A"}]
    assert opinions_on(tmp_path / "train.jsonl", wanted)[:, 0, 0].tolist() == [2.0, 0.0]
    with pytest.raises(StageError, match="have not seen tweet 2 of entity A"):
        opinions_on(tmp_path / "train.jsonl", [{"id": "2", "entity": "A"}])


class Classroom:
    """Two teachers with BERT's shape, and a student with MobileBERT's, a longer vocabulary and shorter texts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        rows = {"train": tweets(400, 1), "validation": tweets(90, 2), "test": tweets(9, 3)}
        self.write_splits("splits", rows)
        # A student that only had these labels could learn nothing.
        generator = random.Random(5)
        self.write_splits("wrong", {**rows, "train": [{**row, "label": generator.choice(LABELS)} for row in rows["train"]]})
        self.prepare("teacher", "splits", TINY_BERT, 16)
        self.prepare("student", "wrong", {**TINY_MOBILEBERT, "vocabulary_size": 420}, 12)
        self.teachers = []
        for seed in (2, 1):
            inputs = {"fit": root / "teacher" / "fit", "encoder": root / "teacher-encoder" / "encoder"}
            run = run_worker("fine-tune", root / f"teacher-{seed}", fine_tune_options(seed=seed), inputs)
            self.teachers.append(run.out / "checkpoint")
        self.taught = self.teach("taught")

    def write_splits(self, name: str, rows: dict[str, list[dict[str, Any]]]) -> None:
        for split, folder in (("train", "fit"), ("validation", "fit"), ("test", "test")):
            write_lines(self.root / name / folder / f"{split}.jsonl", rows[split])
            (self.root / name / folder / "labels.json").write_text(json.dumps(LABELS))

    def prepare(self, name: str, splits: str, model: dict[str, Any], max_length: int) -> None:
        encoder = run_worker("encoder", self.root / f"{name}-encoder", {"model": model}).out / "encoder"
        inputs = {"fit": self.root / splits / "fit", "test": self.root / splits / "test", "encoder": encoder}
        run_worker("encode", self.root / name, {"max_length": max_length, "input": "tweet"}, inputs)

    def teach(self, name: str, fit: Path | None = None, **options: Any) -> WorkerRun:
        inputs: dict[str, Path | list[Path]] = {"fit": fit or self.root / "teacher" / "fit", "teachers": self.teachers}
        return run_worker("teach", self.root / name, {"precision": "float32", "threads": 2, **options}, inputs)

    def distill(self, name: str, temperature: float, alpha: float, teacher: Path | None = None) -> WorkerRun:
        inputs = {
            "fit": self.root / "student" / "fit",
            "encoder": self.root / "student-encoder" / "encoder",
            "teacher": teacher or self.taught.out / "teacher",
        }
        return run_worker("distill", self.root / name, fine_tune_options(temperature=temperature, alpha=alpha), inputs)


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    return Classroom(tmp_path_factory.mktemp("classroom"))


# From here on nine workers load TensorFlow, one after the other: 4 s each.
def test_teach_writes_what_each_teacher_thinks(classroom: Classroom) -> None:
    folder = classroom.taught.out / "teacher"
    card = read_json(folder / "teacher.json")
    assert [teacher["instance"] for teacher in card["teachers"]] == ["teachers-1", "teachers-2"]
    parts = []
    for checkpoint in classroom.teachers:
        spec = ModelSpec.from_json(read_json(checkpoint / "spec.json"))
        parts.append((spec, load_weights(checkpoint / "weights.safetensors", spec)))
    rows = list(read_json_lines(folder / "train.jsonl"))
    texts = list(read_json_lines(classroom.root / "teacher" / "fit" / "train.jsonl"))
    assert [(row["id"], row["entity"]) for row in rows] == [(row["id"], row["entity"]) for row in texts]
    for row, text in list(zip(rows, texts, strict=True))[::20]:
        for logits, (spec, weights) in zip(row["logits"], parts, strict=True):
            expected = reference.logits(spec.to_json(), weights, np.array(text["input_ids"]))
            np.testing.assert_allclose(logits, expected, atol=1e-4)
    together = mean_probabilities(np.array([row["logits"] for row in rows]), 1.0).argmax(axis=1)
    right = np.mean(together == [row["label"] for row in texts])
    assert card["together"]["train_accuracy"] == pytest.approx(right)
    assert classroom.taught.summary["validation_macro_f1"] > 0.6


@pytest.fixture(scope="module")
def taught_student(classroom: Classroom) -> WorkerRun:
    return classroom.distill("student-taught", 2.0, 1.0)


def test_a_student_learns_from_teachers_what_its_labels_do_not_say(
    classroom: Classroom, taught_student: WorkerRun
) -> None:
    alone = classroom.distill("student-alone", 2.0, 0.0)
    assert taught_student.summary["validation_macro_f1"] > 0.6 > alone.summary["validation_macro_f1"]
    log = read_json(taught_student.out / "training.json")
    assert log["distilled"] == {
        "from": ["teachers-1", "teachers-2"],
        "temperature": 2.0,
        "alpha": 1.0,
        "teacher": read_json(classroom.taught.out / "teacher" / "teacher.json")["together"],
    }
    assert len(list(read_json_lines(taught_student.out / "validation-predictions.jsonl"))) == 90
    assert read_json(taught_student.out / "checkpoint" / "encoding.json")["max_length"] == 12


def test_equal_lessons_give_equal_bytes_and_other_temperatures_others(
    classroom: Classroom, taught_student: WorkerRun
) -> None:
    runs = [taught_student, classroom.distill("again", 2.0, 1.0), classroom.distill("hotter", 4.0, 1.0)]
    digests = [sha256_of(run.out / "checkpoint" / "weights.safetensors") for run in runs]
    assert digests[0] == digests[1] != digests[2]


def test_a_student_with_a_tweet_that_nobody_has_seen(classroom: Classroom) -> None:
    few = classroom.teach("few", limit_train=50)
    assert len(list(read_json_lines(few.out / "teacher" / "train.jsonl"))) == 50
    failure = classroom.distill("unseen", 2.0, 0.5, few.out / "teacher").failure
    assert failure["code"] == "no-opinion"


def test_teachers_of_other_texts_or_labels_are_refused(classroom: Classroom) -> None:
    failure = classroom.teach("foreign", fit=classroom.root / "student" / "fit").failure
    assert failure["code"] == "wrong-encoding"
    assert "max_length, vocabulary_sha256 differ" in failure["message"]
    fit = classroom.root / "other-labels"
    fit.mkdir()
    write_json(fit / "labels.json", ["BAD", "GOOD"])
    assert classroom.teach("strange", fit=fit).failure["code"] == "labels-differ"
    assert classroom.distill("stranger", 2.0, 0.5, fit).failure["code"] == "labels-differ"
