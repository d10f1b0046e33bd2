"""Fine-tuning of a classifier: one compiled step for all lengths, the best epoch kept, no step lost to a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from edgeline_worker.averaging import MovingAverage, mean_with
from edgeline_worker.batches import Batch, EncodedTexts, make_batch, training_order
from edgeline_worker.checkpointing import Checkpoints
from edgeline_worker.evaluation import Evaluation, compile_prediction, predict_all, score
from edgeline_worker.losses import Loss, cross_entropy
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.optimizer import AdamW, layer_rates, linear_schedule
from edgeline_worker.protocol import Job, StageError
from edgeline_worker.updates import Update
from edgeline_worker.weights import Weights

REPORT_EVERY = 10
"""Steps between two figures of the loss."""

REPORT_SECONDS = 2.0
"""Between two figures on the screen, where steps are slow."""


@dataclass(frozen=True)
class TrainingOptions:
    """As in stages/fine-tune/README.md, which explains them."""

    learning_rate: float
    batch_size: int
    epochs: int
    warmup_fraction: float
    weight_decay: float
    gradient_clip_norm: float
    seed: int
    gradient_accumulation: int = 1
    early_stopping_patience: int | None = None
    layer_learning_rate_decay: float = 1.0
    average: str = "none"
    average_decay: float = 0.999


@dataclass
class TrainingLog:
    """What training.json records of the run; see docs/reference/artifacts.md."""

    steps_per_epoch: int = 0
    epochs: list[dict[str, Any]] = field(default_factory=list)
    loss: list[list[float]] = field(default_factory=list)
    best_epoch: int = 0
    kept: str = "weights"
    """What of the best epoch: its `weights` or the `average`."""
    best: dict[str, float] = field(default_factory=dict)
    """The validation figures of what is kept."""
    confusion: list[list[int]] = field(default_factory=list)
    stopped_early: bool = False
    resumed_at: list[int] = field(default_factory=list)
    """Steps after which a killed run went on."""


@dataclass
class _Tally:
    """Of the epoch that is going on. Speed leaves out the steps that compiled the update."""

    total_loss: float = 0.0
    seconds: float = 0.0
    timed_samples: int = 0
    timed_seconds: float = 0.0

    @property
    def samples_per_s(self) -> float:
        return self.timed_samples / self.timed_seconds if self.timed_seconds > 0 else 0.0


class Trainer:
    """A model being fine-tuned, and the log of it.

    `soft_targets` is float32 (texts, n), for a loss that wants them. With `checkpoints` the state is saved now and
    then, and `train` goes on from the newest one: its results are the same bytes as without the interruption.
    """

    def __init__(
        self,
        model: TransformerClassifier,
        texts: EncodedTexts,
        validation: EncodedTexts,
        options: TrainingOptions,
        job: Job,
        loss: Loss | None = None,
        soft_targets: np.ndarray | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.log = TrainingLog(steps_per_epoch=-(-len(texts) // options.batch_size))
        self.validation_logits = np.zeros((0, 0), np.float32)
        """Of what is kept, in the order of the validation split; float32 (texts, classes)."""
        self._model = model
        self._texts = texts
        self._soft_targets = np.zeros((len(texts), 0), np.float32) if soft_targets is None else soft_targets
        self._validation = validation
        self._options = options
        self._job = job
        self._checkpoints = checkpoints or Checkpoints(None)
        self._steps = self.log.steps_per_epoch * options.epochs
        self._step = 0
        self._tally = _Tally()
        self._kept: Weights = {}
        self._kept_members = 1
        names = [variable.name for variable in model.trainable_variables]
        variables = [variable.value for variable in model.trainable_variables]
        rates = layer_rates(names, len(model.spec.layers), options.layer_learning_rate_decay)
        self._optimizer = AdamW(variables, options.weight_decay, rates)
        self._update = Update(
            model,
            self._optimizer,
            loss or cross_entropy(),
            options.gradient_clip_norm,
            options.seed,
            options.gradient_accumulation,
        )
        self._average = None
        if options.average == "ema":
            self._average = MovingAverage(dict(zip(names, variables, strict=True)), options.average_decay)
        self._predict = compile_prediction(model)

    def train(self) -> None:
        """Leaves in the model the weights with the best macro-F1 on validation, the earliest of equals.

        Raises StageError `loss-not-finite` naming the step and its texts.
        """
        self._resume()
        while not self._finished():
            epoch = len(self.log.epochs) + 1
            self._train_epoch(epoch)
            self._end_epoch(epoch)
            self._save()
        self._model.assign_weights(self._kept)

    def _finished(self) -> bool:
        done = len(self.log.epochs)
        patience = self._options.early_stopping_patience
        if patience is not None and done < self._options.epochs and done - self.log.best_epoch >= patience:
            self.log.stopped_early = True
        return done == self._options.epochs or self.log.stopped_early

    def _train_epoch(self, epoch: int) -> None:
        phase = f"epoch {epoch} of {self._options.epochs}"
        self._job.progress(self._step, self._steps, "steps", phase)
        before = self._step - (epoch - 1) * self.log.steps_per_epoch
        order = training_order(self._texts.lengths, self._options.batch_size, (self._options.seed, epoch))
        window, reported, compiled = _Tally(), time.perf_counter(), epoch > 1 and before == 0
        for indices in order[before:]:
            started = time.perf_counter()
            self._step += 1
            loss = self._train_batch(indices, epoch)
            seconds = time.perf_counter() - started
            self._tally.total_loss += loss * len(indices)
            self._tally.seconds += seconds
            if compiled:
                for tally in (window, self._tally):
                    tally.timed_samples += len(indices)
                    tally.timed_seconds += seconds
            compiled = True
            regular = self._step == 1 or self._step % REPORT_EVERY == 0
            if regular:
                self.log.loss.append([self._step, loss])
            if regular or time.perf_counter() - reported >= REPORT_SECONDS:
                reported = time.perf_counter()
                self._job.metric("loss", loss, self._step)
                self._job.progress(self._step, self._steps, "steps", phase)
                if window.timed_samples > 0:
                    self._job.metric("samples_per_s", window.samples_per_s, self._step)
                    window = _Tally()
            if self._checkpoints.due():
                self._save()

    def _train_batch(self, indices: np.ndarray, epoch: int) -> float:
        """One update; returns the mean loss before it, in nats."""
        options = self._options
        rate = options.learning_rate * linear_schedule(self._step, self._steps, options.warmup_fraction)
        count = min(options.gradient_accumulation, len(indices))
        parts = [make_batch(self._texts, part) for part in np.array_split(indices, count)]
        loss = self._update(parts, self._soft_targets[indices], self._step, rate)
        if not math.isfinite(loss):
            where = f"at step {self._step} of {self._steps} (epoch {epoch})"
            raise self._not_finite(where, parts[0])
        self._optimizer.decay(rate, self._step, last=self._step % self.log.steps_per_epoch == 0)
        if self._average is not None:
            self._average.note(self._step)
        return loss

    def _end_epoch(self, epoch: int) -> None:
        """Validates, and keeps what is better than all before."""
        entry: dict[str, Any] = {
            "epoch": epoch,
            "train_loss": self._tally.total_loss / len(self._texts),
            "seconds": self._tally.seconds,
            "samples_per_s": self._tally.samples_per_s,
        }
        evaluation = self._validate(epoch)
        figures = evaluation.figures()
        for name, value in figures.items():
            self._job.metric(name, value, self._step)
        self._job.metric("train_loss", entry["train_loss"], self._step)
        entry |= figures
        weights = self._model.weights_as_arrays()
        average = self._averaged(weights)
        if average is not None:
            self._model.assign_weights(average)
            averaged = self._validate(epoch, " with averaged weights")
            self._model.assign_weights(weights)
            entry["averaged"] = averaged.figures()
        members = self._kept_members + 1
        if self._keep_if_better(epoch, "weights", evaluation, weights):
            self._kept_members = 1
        if average is not None and self._keep_if_better(epoch, "average", averaged, average):
            self._kept_members = members
        self.log.epochs.append(entry)
        self._tally = _Tally()

    def _averaged(self, weights: Weights) -> Weights | None:
        """The mean that may be better than the epoch's weights, or None while there is none."""
        if self._average is not None:
            return self._average.as_arrays() if self._average.samples > 0 else None
        if self._options.average == "epochs" and self._kept:
            return mean_with(self._kept, self._kept_members, weights)
        return None

    def _keep_if_better(self, epoch: int, kept: str, evaluation: Evaluation, weights: Weights) -> bool:
        figures = evaluation.figures()
        if self.log.best and figures["validation_macro_f1"] <= self.log.best["validation_macro_f1"]:
            return False
        self.log.best_epoch, self.log.kept, self.log.best = epoch, kept, figures
        self.log.confusion = evaluation.confusion.tolist()
        self.validation_logits, self._kept = evaluation.logits, weights
        return True

    def _validate(self, epoch: int, how: str = "") -> Evaluation:
        phase = f"validating epoch {epoch} of {self._options.epochs}{how}"
        classes = self._model.output_classes
        result = score(predict_all(self._predict, self._validation, classes, self._job, phase), self._validation.labels)
        if not result.finite:
            raise self._not_finite(f"on validation after epoch {epoch}")
        return result

    def _save(self) -> None:
        """Saves the state, unless its weights are already of no use."""
        if self._checkpoints.folder is None:
            return
        if not all(np.isfinite(variable.value.numpy()).all() for variable in self._model.tensors.values()):
            return
        document: dict[str, Any] = {
            "log": asdict(self.log),
            "tally": asdict(self._tally),
            "decay_due": self._optimizer.due,
            "kept_members": self._kept_members,
        }
        if self._average is not None:
            document["average_samples"] = self._average.samples
        if self._update.scale is not None:
            document["loss_scale"] = asdict(self._update.scale)
        self._checkpoints.save(self._step, self._arrays(), document)

    def _arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        for name, variable in self._model.tensors.items():
            yield f"weights/{name}", variable.value.numpy()
        for index, moment in enumerate(self._optimizer.moments):
            yield f"moments/{index}", moment.numpy()
        if self._average is not None:
            for name, value in self._average.values.items():
                yield f"average/{name}", value.numpy()
        if self._kept:
            yield "validation_logits", self.validation_logits
            for name, array in self._kept.items():
                yield f"kept/{name}", array

    def _resume(self) -> None:
        """Takes up the newest state, if there is one."""
        saved, problems = self._checkpoints.load()
        for problem in problems:
            self._job.log(problem, "warning")
        if saved is None:
            return
        document = saved.document
        for path, array in saved.arrays():
            kind, _, name = path.partition("/")
            if kind == "weights":
                self._model.tensors[name].assign(array)
            elif kind == "moments":
                self._optimizer.moments[int(name)].assign(array)
            elif kind == "average" and self._average is not None:
                self._average.values[name].assign(array)
            elif kind == "kept":
                self._kept[name] = array
            else:
                self.validation_logits = array
        self._step = saved.step
        self.log = TrainingLog(**document["log"])
        self.log.resumed_at.append(self._step)
        self._tally = _Tally(**document["tally"])
        self._optimizer.due = document["decay_due"]
        self._kept_members = document["kept_members"]
        if self._average is not None:
            self._average.samples = document["average_samples"]
        if self._update.scale is not None:
            self._update.scale.value = document["loss_scale"]["value"]
            self._update.scale.good_steps = document["loss_scale"]["good_steps"]
        self._job.log(f"goes on after step {self._step} of {self._steps}, where an earlier attempt was ended")

    def _not_finite(self, where: str, batch: Batch | None = None) -> StageError:
        begins = ""
        if batch is not None:
            ids = [self._texts.ids[index] for index in batch.indices[:3]]
            begins = f", in the batch that begins with texts {', '.join(ids)}"
        saved = self._checkpoints.last_step
        kept = "" if saved is None else f"; the state after step {saved} is kept in {self._checkpoints.folder}"
        return StageError(
            "loss-not-finite",
            f"the loss is not a finite number {where}{begins}{kept}",
            "lower learning_rate, or lengthen warmup_fraction",
        )
