# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a target's classifier learns from, and when (paper, section 4)."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.compute.cuda_streams import CudaStreams
from rlt_ros.tracking.compute.stopping import StopSignal
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.errors import TrackerStoppedError
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.learning import sampling
from rlt_ros.tracking.learning.box_regression import BoxRegressor
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.fine_tuning import FineTuner
from rlt_ros.tracking.learning.first_frame import learned_from_first_frame
from rlt_ros.tracking.learning.memory import RememberedSamples, SampleMemory
from rlt_ros.tracking.learning.trainer import Trainer
from rlt_ros.tracking.state import Kept, State, as_array

# Largest overlap, with a later frame's target, of background samples of the wrong size.
WRONG_SIZE_IOU = 0.4
# Least frames between an update and the next one out of doubt.
DOUBT_INTERVAL = 2
# Most that ``close`` waits for a running update, which ends within a second unless the machine is
# very busy.
CLOSE_SECONDS = 2.0


class Learner:
    """Keeps one target's classifier up to date, frame after frame.

    Attributes:
        classifier: the one to score with; another after each update.
        updates_done: successful updates of this target's classifier.
        last_update_seconds: how long the last of them took.
        last_update_error: why the latest update failed, on one line; empty if it did not.
        model_version: 1 from ``begin`` on, then one more with each update; 0 before.

    Args:
        config: the settings.
        trainer: makes and trains classifiers.
        streams: the device's queues.
        stop: ends a running update.
    """

    classifier: Classifier

    def __init__(
        self, config: TrackerConfig, trainer: Trainer, streams: CudaStreams, stop: StopSignal
    ) -> None:
        self._config = config
        self._trainer = trainer
        self._streams = streams
        self._stop = stop
        self._tuner = FineTuner(config.update_mode == "background", stop)
        self._memory = self._empty_memory()
        self.updates_done = 0
        self.last_update_seconds = 0.0
        self.last_update_error = ""
        self.model_version = 0

    @property
    def updating(self) -> bool:
        """Whether an update is running."""
        return self._tuner.busy

    def discard_update(self) -> None:
        """Have a running update end at its next step, and forget it."""
        self._tuner.discard()

    def close(self) -> None:
        """End a running update and the thread, see ``FineTuner.close``."""
        self._tuner.close(CLOSE_SECONDS)

    def begin(self, rng: np.random.Generator) -> None:
        """Forget any earlier target.

        Args:
            rng: source of the new one's samples.
        """
        self._rng = rng
        self._frame = self._last_update = 0
        self._wanted_update: str | None = None
        self.updates_done = 0
        self.last_update_seconds = 0.0
        self.last_update_error = ""
        self.model_version = 1
        self._memory = self._empty_memory()

    def forget(self) -> None:
        """Discard a running update, and free the samples."""
        self.discard_update()
        self._memory = self._empty_memory()

    def state(self) -> State:
        """Return what there is to keep of the target, for ``take_up``.

        Of an update that runs it keeps that one is due.
        """
        wanted = self._wanted_update or ("long_term" if self._tuner.busy else None)
        parameters = self.classifier.state_dict().items()
        return {
            "frame": self._frame,
            "last_update": self._last_update,
            "wanted_update": wanted,
            "updates_done": self.updates_done,
            "last_update_seconds": self.last_update_seconds,
            "model_version": self.model_version,
            "classifier": {name: as_array(one) for name, one in parameters},
            "memory": self._memory.state(),
        }

    def take_up(self, kept: Kept, rng: np.random.Generator, like: FeatureExtractor) -> None:
        """Go on with a target that was kept, forgetting any other.

        Args:
            kept: see ``state``.
            rng: source of its samples.
            like: the target's extractor.

        Raises:
            InvalidTargetError: it is of other features, or damaged; the other target is kept.
        """
        frame, last_update = kept.integer("frame"), kept.integer("last_update")
        wanted = kept.choice("wanted_update", (None, "long_term", "short_term"))
        updates_done = kept.integer("updates_done")
        seconds = kept.number("last_update_seconds", 0.0, 1e9)
        version = kept.integer("model_version", 1)
        classifier = self._trainer.restored_classifier(kept.part("classifier"), like.width)
        memory = self._empty_memory()
        memory.restore(kept.part("memory"), like.no_samples())
        self.discard_update()  # nothing is refused any more
        self.begin(rng)
        self.classifier, self._memory = classifier, memory
        self._frame, self._last_update, self._wanted_update = frame, last_update, wanted
        self.updates_done, self.last_update_seconds = updates_done, seconds
        self.model_version = version

    def _empty_memory(self) -> SampleMemory:
        config = self._config
        return SampleMemory(
            config.long_term_frames,
            config.short_term_frames,
            config.frame_positives,
            config.frame_negatives + config.frame_scale_negatives,
        )

    def learn_first_frame(
        self,
        extractor: FeatureExtractor,
        image: Image,
        target: Boxes,
        on_step: Callable[[int], None] | None,
    ) -> BoxRegressor | None:
        """Train a new classifier, and a box regressor, which is returned.

        Args:
            extractor: has observed the frame.
            image: ``(H, W, 3)`` RGB, the frame.
            target: ``(4,)`` in it.
            on_step: is told the number of training steps done, after each.
        """
        positives, negatives, regressor = learned_from_first_frame(
            self._config, self._rng, extractor, image, target
        )
        self.classifier = self._trainer.fresh_classifier(positives.features.shape[1])
        if len(negatives):
            self._trainer.train(self.classifier, (positives, negatives), 0, on_step)
        self._memory.add(positives, negatives)
        return regressor

    def next_frame(self) -> None:
        """Take over the classifier of an update that has ended, before the next frame."""
        self._frame += 1
        self._adopt_update()

    def learn(self, extractor: FeatureExtractor, target: Boxes, probability: float) -> None:
        """Collect the samples of a frame that the target was found in; start an update if due.

        Args:
            extractor: has observed the frame.
            target: ``(4,)`` in it.
            probability: by the classifier, that it is the target.
        """
        config, area = self._config, extractor.area
        positives = sampling.target_boxes(
            self._rng, target, config.frame_positives, area, config.positive_iou
        )
        around = sampling.background_boxes(
            self._rng, target, config.frame_negatives, area, 2.0, 1.3, config.negative_iou
        )
        wrong_size = sampling.wrong_size_boxes(
            self._rng, target, config.frame_scale_negatives, area, WRONG_SIZE_IOU
        )
        drawn = extractor.samples(np.concatenate([positives, around, wrong_size]))
        self._memory.add(drawn[: len(positives)], drawn[len(positives) :])
        rested = self._frame - self._last_update >= DOUBT_INTERVAL
        in_doubt = rested and probability < config.doubt_probability
        if self._frame % config.update_interval == 0 or in_doubt:
            self._wanted_update = self._wanted_update or "long_term"
        self._start_wanted_update()

    def learn_from_failure(self, failures: int) -> None:
        """Start an update if due after so many frames that the target was not found in."""
        if (failures - 1) % self._config.failure_interval == 0:
            self._wanted_update = "short_term"
        self._start_wanted_update()

    def _start_wanted_update(self) -> None:
        if self._wanted_update is None or self._tuner.busy:
            return
        samples = self._memory.snapshot(self._wanted_update == "long_term")
        self._wanted_update = None
        if samples is not None:
            self._last_update = self._frame
            self._start_update(samples)

    def _start_update(self, samples: tuple[RememberedSamples, RememberedSamples]) -> None:
        number = self.updates_done + 1
        classifier = copy.deepcopy(self.classifier)

        def job() -> Classifier:
            self._trainer.train(classifier, samples, number)
            return classifier

        self._tuner.start(self._streams.beside_tracking(job))
        if self._config.update_mode == "lockstep":
            self._adopt_update()

    def _adopt_update(self) -> None:
        """Take over the classifier of an update that has ended, if it has not failed."""
        finished, error = None, ""
        try:
            finished = self._tuner.take()
        except TrackerStoppedError:
            self._stop.check()  # otherwise nobody wants it any more
        except Exception as failure:  # whatever it is, no frame and no target is lost to it
            error = " ".join(f"{type(failure).__name__}: {failure}".split())
        finally:
            if not self._tuner.busy:
                self._memory.release()
        if error:
            self.last_update_error = error
        if finished is not None:
            self.classifier = finished.classifier
            self.last_update_seconds = finished.seconds
            self.last_update_error = ""
            self.updates_done += 1
            self.model_version += 1
