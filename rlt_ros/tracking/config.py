# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every setting of the tracker, declared once: type, meaning, range, presets.

The command line, the ROS parameters and the documentation are made from these declarations.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

from rlt_ros.tracking.errors import ConfigError
from rlt_ros.tracking.settings import Setting, Value, checked, setting

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


def _parse_device(text: str) -> str:
    if not _DEVICE.fullmatch(text):
        raise ValueError(f"{text!r} is no device")
    return text


# The groups, in the order of the flow.
_running = partial(setting, "how it runs")
_features = partial(setting, "from boxes to numbers: backbone and features")
_first_frame = partial(setting, "samples of the first frame")
_regression = partial(setting, "box regression, learned in the first frame")
_classifier = partial(setting, "the classifier and its attention")
_training = partial(setting, "training, in the first frame and in updates")
_search = partial(setting, "each frame: where the target is looked for")
_moves = partial(setting, "each frame: the box")
_belief = partial(setting, "each frame: found, in doubt or lost, and the score")
_verification = partial(setting, "each frame: whether it looks like the target")
_redetection = partial(setting, "each frame: found again elsewhere")
_updates = partial(setting, "samples of later frames, and when they are learned")


@dataclass(frozen=True)
class TrackerConfig:
    """Settings of a tracker; make one with ``make_config``, which applies a preset.

    Raises:
        ConfigError: a value of the wrong type or out of range; names the setting.
    """

    preset: str = _running(
        "default",
        "named settings that this one starts from",
        choices=("default", "paper"),
        for_users=True,
    )
    device: str = _running(
        "auto",
        "where to compute: auto (a GPU where there is one), cpu, cuda or cuda:N",
        form="auto, cpu, cuda or cuda:N",
        parse=_parse_device,
        for_users=True,
    )
    seed: int = _running(
        0,
        "start of all random numbers",
        minimum=0,
        maximum=2**31 - 1,
        for_users=True,
    )
    threads: int = _running(
        1,
        "CPU threads for tracking; of two or more, fine-tuning takes one while an update runs in "
        "the background; 0 takes PyTorch's own setting, which it never exceeds. More than 1 is "
        "faster only where as many cores stay free: beside other busy processes the threads "
        "wait for each other, and frames can take seconds",
        minimum=0,
        maximum=1024,
        for_users=True,
    )
    precision: str = _running(
        "auto",
        "of numbers while tracking, not while learning; auto: where a CPU has instructions for "
        "bfloat16, it computes the backbone by OpenVINO and the classifier's first layer in that; "
        "float32: for results that are the same on every CPU, and GPU, to rounding; tf32: as "
        "float32, but in TF32 where a GPU has it, while learning, too: faster with preset paper",
        choices=("auto", "float32", "tf32"),
        for_users=True,
    )
    cuda_graphs: bool = _running(
        True,
        "on a GPU, record what tracking and learning launch, and launch it together from then on; "
        "records with a made-up target at the start, which takes seconds",
    )
    update_mode: str = _running(
        "background",
        "background: fine-tune in another thread, no frame waits; "
        "lockstep: every frame waits for its update, which makes runs repeatable",
        choices=("background", "lockstep"),
        for_users=True,
    )
    backbone: str = _features(
        "efficientnet_lite0",
        "frozen network under the classifier",
        choices=("efficientnet_lite0", "vgg_m"),
    )
    backbone_weights: str = _features(
        "", "weight file of the backbone; empty takes the installed EfficientNet-Lite0"
    )
    backbone_runtime: str = _features(
        "auto",
        "what computes the backbone: openvino (on a CPU; an optional extra, faster), "
        "pytorch, or auto: openvino where it is installed and the device is a CPU",
        choices=("auto", "openvino", "pytorch"),
    )
    features: str = _features(
        "shared",
        "shared: one backbone pass per frame, boxes are cropped from its maps; "
        "crops: one image sample per box, as in the paper",
        choices=("shared", "crops"),
    )
    crop_size: int = _features(
        107, "side of an image sample (features: crops)", minimum=75, maximum=512, unit="px"
    )
    crop_padding: int = _features(
        16, "context on each side within an image sample", minimum=0, maximum=32, unit="px"
    )
    region_size: int = _features(
        256,
        "side of the resized search region (features: shared), a multiple of 16",
        minimum=96,
        maximum=1024,
        unit="px",
    )
    region_target_size: float = _features(
        56.0,
        "geometric mean side of the target in the resized search region",
        minimum=16.0,
        maximum=512.0,
        unit="px",
    )
    fine_grid: int = _features(
        5, "bins per box side on the stride 8 map; 0 leaves it out", minimum=0, maximum=14
    )
    coarse_grid: int = _features(
        3, "bins per box side on the stride 16 map; 0 leaves it out", minimum=0, maximum=14
    )
    initial_positives: int = _first_frame(
        500, "target samples of the first frame", minimum=1, maximum=10000
    )
    initial_negatives: int = _first_frame(
        5000, "background samples of the first frame", minimum=1, maximum=50000
    )
    initial_scale_negatives: int = _first_frame(
        300,
        "background samples of the first frame on the target but of half to twice its size, "
        "beyond the others: they keep boxes from shrinking; 0 in the paper",
        minimum=0,
        maximum=10000,
    )
    background_swaps: int = _first_frame(
        8,
        "copies of the first frame that show the target on other background, to learn from too: "
        "they tell it from what its first box holds by chance; 0 in the paper",
        minimum=0,
        maximum=64,
    )
    regression_samples: int = _regression(
        400,
        "samples of the first frame for box regression; each of its copies with other background "
        "gives a seventh of that; 0 turns it off",
        minimum=0,
        maximum=10000,
    )
    regression_ridge: float = _regression(
        24000.0, "ridge weight of box regression", minimum=1e-6, maximum=1e9
    )
    regression_features: str = _regression(
        "context",
        "what box regression sees: context (the box and its surroundings, in finer bins) or "
        "classifier (what the classifier sees, as in the paper)",
        choices=("context", "classifier"),
    )
    regression_steps: int = _regression(
        2,
        "times that box regression moves a box, one after the other; unless this is 1, as in the "
        "paper, width and height only follow as far as the classifier's score does not fall",
        minimum=1,
        maximum=10,
    )
    hidden_units: int = _classifier(
        256, "width of the two hidden layers of the classifier", minimum=8, maximum=4096
    )
    dropout: float = _classifier(
        0.5, "probability of dropping a hidden unit in training", minimum=0.0, maximum=0.95
    )
    attention_weight: float = _classifier(
        5.0,
        "lambda of Eq. 5, weight of the reciprocative regulariser; 0 is the plain MDNet loss",
        minimum=0.0,
        maximum=1000.0,
        for_users=True,
    )
    update_attention_share: float = _classifier(
        0.0,
        "share of attention_weight in updates after the first frame; 1 in the paper",
        minimum=0.0,
        maximum=1.0,
    )
    attention_at: str = _classifier(
        "features",
        "where attention is taken: features (that enter the classifier, closed form) or "
        "image (the sample's pixels, needs features: crops; tens of times the training time)",
        choices=("features", "image"),
    )
    attention_kind: str = _classifier(
        "evidence",
        "evidence: what each part of the box adds to the target score, evened out in target "
        "samples (needs attention_at: features); derivative: that of both scores, with all terms "
        "of Eq. 3 and 4, as in the paper",
        choices=("evidence", "derivative"),
    )
    attention_ratio: str = _classifier(
        "sample",
        "of attention_kind: derivative; batch: each ratio of R once per mini-batch, as in the "
        "authors' release; sample: summed over the samples, as Eq. 5 reads",
        choices=("batch", "sample"),
    )
    attention_module: str = _classifier(
        "none",
        "features: a module that weighs the features goes before the classifier and is trained "
        "with it, which the paper compares with (Table 2; needs attention_weight: 0); none: no "
        "such module",
        choices=("none", "features"),
    )
    initial_iterations: int = _training(
        30, "training steps on the first frame", minimum=1, maximum=10000
    )
    initial_learning_rate: float = _training(
        3e-4, "learning rate on the first frame", minimum=1e-8, maximum=1.0
    )
    update_iterations: int = _training(15, "training steps per update", minimum=1, maximum=10000)
    update_learning_rate: float = _training(
        3e-4, "learning rate of updates", minimum=1e-8, maximum=1.0
    )
    last_layer_rate: float = _training(
        10.0, "learning rate of the last layer over the others'", minimum=0.01, maximum=1000.0
    )
    momentum: float = _training(0.9, "momentum of SGD", minimum=0.0, maximum=0.999)
    weight_decay: float = _training(5e-4, "weight decay of SGD", minimum=0.0, maximum=1.0)
    gradient_clip: float = _training(
        10.0, "largest norm of the gradient", minimum=1e-6, maximum=1e9
    )
    batch_positives: int = _training(32, "target samples per mini-batch", minimum=1, maximum=4096)
    batch_negatives: int = _training(32, "hard negatives per mini-batch", minimum=1, maximum=4096)
    mining_pool: int = _training(
        1024, "random negatives scored to find the hard ones", minimum=1, maximum=65536
    )
    mining_interval: int = _training(
        15, "training steps that share one mining", minimum=1, maximum=1000
    )
    candidates: int = _search(256, "boxes scored per frame", minimum=8, maximum=16384)
    best_candidates: int = _search(5, "best boxes whose mean is the target", minimum=1, maximum=64)
    search_translation: float = _search(
        0.6, "reach of the search in mean target sides", minimum=0.05, maximum=10.0
    )
    search_translation_lost: float = _search(
        1.5, "widest reach after failures", minimum=0.05, maximum=10.0
    )
    search_scale: float = _search(
        1.05, "largest size factor between frames", minimum=1.0, maximum=2.0
    )
    motion_penalty: float = _search(
        0.5,
        "target score, before the soft-max, that a candidate loses per squared target side between "
        "it and where the target is expected: likes of it are often near; 0 in the paper",
        minimum=0.0,
        maximum=100.0,
    )
    inertia: float = _search(
        0.8,
        "share of the target's velocity against the background that is expected to go on into the "
        "next frame, beside the camera's own motion, and of that where a frame does not tell it; "
        "0 searches around the last box, as in the paper",
        minimum=0.0,
        maximum=1.0,
    )
    centre_adaptation: float = _moves(
        0.3,
        "share of a box regression's move that the next frame's candidates, and what is learned, "
        "take over; 0 in the paper",
        minimum=0.0,
        maximum=1.0,
    )
    size_adaptation: float = _moves(
        0.1,
        "the same of its change of width and height",
        minimum=0.0,
        maximum=1.0,
    )
    extent_share: float = _moves(
        1.0,
        "largest share, in the sizes of a find, of how far the places that look like inside reach, "
        "and half of that in its centre; the more that trembles, the less it counts; 0 leaves "
        "them to box regression, as in the paper (features: shared)",
        minimum=0.0,
        maximum=1.0,
    )
    flow_share: float = _moves(
        0.4,
        "share in the centre of the published box of the last one's, moved by optical flow: box "
        "regression errs anew in every frame; 0 in the paper",
        minimum=0.0,
        maximum=0.99,
    )
    success_threshold: float = _belief(
        0.0,
        "target score, before the soft-max, above which a frame counts as success "
        "(if it also beats the background score)",
        minimum=-100.0,
        maximum=100.0,
    )
    hold_threshold: float = _belief(
        -2.0,
        "target score up to which the box stays where it was expected; between this and "
        "success_threshold it follows the best guess, and nothing is learned",
        minimum=-100.0,
        maximum=100.0,
        for_users=True,
    )
    lost_after: int = _belief(
        3,
        "frames without success, one after the other, that make a target LOST; before, it is "
        "UNCERTAIN",
        minimum=1,
        maximum=1000,
        unit="frames",
        for_users=True,
    )
    score_slope: float = _belief(
        0.05,
        "score = 1 / (1 + exp(-(score_slope * log odds + score_likeness * (likeness - 1) + "
        "score_offset))), log odds of the classifier's probability, likeness up to 1: fitted so "
        "that it is the probability of an IoU above 0.5",
        minimum=0.01,
        maximum=100.0,
    )
    score_likeness: float = _belief(7.0, "see score_slope", minimum=0.0, maximum=100.0)
    score_offset: float = _belief(2.45, "see score_slope", minimum=-100.0, maximum=100.0)
    likeness: float = _verification(
        0.5,
        "least likeness of a find to confirmed looks of the target, over the usual one; below, it "
        "is doubted, whatever the classifier says; 0 verifies nothing, as in the paper",
        minimum=0.0,
        maximum=1.0,
    )
    likeness_doubtful: float = _verification(
        0.75,
        "the same to believe it again after a frame in doubt",
        minimum=0.0,
        maximum=2.0,
    )
    likeness_jumped: float = _verification(
        1.0,
        "the same where it has also moved by a target side or more",
        minimum=0.0,
        maximum=2.0,
    )
    turned_looks: int = _verification(
        8,
        "looks of the target that count as confirmed from the start: the first one turned in the "
        "image in so many equal steps, and as many mirrored; 0 takes the first alone",
        minimum=0,
        maximum=360,
    )
    redetection_probability: float = _redetection(
        0.5,
        "least probability to take up the target elsewhere in the search region when it is not "
        "near its last box; 1 never looks, as in the paper",
        minimum=0.5,
        maximum=1.0,
    )
    scan_probability: float = _redetection(
        0.8,
        "the same for the rest of the frame, one part of which is searched in every frame without "
        "success, from afar where it has many; 1 never looks",
        minimum=0.5,
        maximum=1.0,
    )
    frame_positives: int = _updates(50, "target samples kept of a frame", minimum=1, maximum=10000)
    frame_negatives: int = _updates(
        160, "background samples kept of a frame", minimum=1, maximum=10000
    )
    frame_scale_negatives: int = _updates(
        40, "the same of a frame; 0 in the paper", minimum=0, maximum=10000
    )
    positive_iou: float = _updates(0.7, "least IoU of target samples", minimum=0.1, maximum=1.0)
    initial_negative_iou: float = _updates(
        0.5, "largest IoU of background samples on the first frame", minimum=0.0, maximum=0.9
    )
    negative_iou: float = _updates(
        0.3, "largest IoU of background samples later", minimum=0.0, maximum=0.9
    )
    long_term_frames: int = _updates(
        100, "frames of target samples remembered", minimum=1, maximum=10000
    )
    short_term_frames: int = _updates(
        20,
        "frames of background samples remembered, and of both for updates on failure",
        minimum=1,
        maximum=10000,
    )
    failure_interval: int = _updates(
        10,
        "frames between short-term updates while failing",
        minimum=1,
        maximum=100000,
        unit="frames",
    )
    update_interval: int = _updates(
        10, "frames between long-term updates", minimum=1, maximum=100000, unit="frames"
    )
    doubt_probability: float = _updates(
        0.8,
        "a target found with less than this probability makes a long-term update due at once, at "
        "most every other frame; 0 never, as in the paper",
        minimum=0.0,
        maximum=1.0,
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            # Frozen, yet 5 is a fine value for a float: settings come from text and YAML.
            object.__setattr__(self, field.name, checked(field, getattr(self, field.name)))
        if self.region_size % 16:
            raise ConfigError(f"region_size must be a multiple of 16, not {self.region_size}")
        if self.features == "shared" and not (self.fine_grid or self.coarse_grid):
            raise ConfigError("fine_grid and coarse_grid must not both be 0")
        if self.features == "shared" and self.backbone == "vgg_m":
            raise ConfigError("backbone vgg_m needs features: crops (preset: paper)")
        if self.features == "shared" and self.attention_at == "image":
            raise ConfigError("attention_at: image needs features: crops (preset: paper)")
        if self.attention_kind == "evidence" and self.attention_at == "image":
            raise ConfigError(
                "attention_kind: evidence needs attention_at: features; "
                "set attention_kind: derivative for attention at the image"
            )
        if self.attention_module == "features" and self.attention_weight > 0:
            raise ConfigError("attention_module: features needs attention_weight: 0")


# What each preset changes against the declarations above.
PRESETS: dict[str, dict[str, Value]] = {
    "default": {},
    "paper": {
        "threads": 0,
        "precision": "float32",
        "features": "crops",
        "update_attention_share": 1.0,
        "attention_at": "image",
        "attention_kind": "derivative",
        "attention_ratio": "batch",
        "hidden_units": 512,
        "initial_iterations": 50,
        "initial_learning_rate": 2e-4,
        "initial_scale_negatives": 0,
        "background_swaps": 0,
        "frame_negatives": 200,
        "frame_scale_negatives": 0,
        "motion_penalty": 0.0,
        "inertia": 0.0,
        "centre_adaptation": 0.0,
        "size_adaptation": 0.0,
        "mining_interval": 1,
        "hold_threshold": 0.0,
        "failure_interval": 1,
        "regression_samples": 1000,
        "regression_ridge": 1000.0,
        "regression_features": "classifier",
        "regression_steps": 1,
        "extent_share": 0.0,
        "flow_share": 0.0,
        "lost_after": 1,
        "doubt_probability": 0.0,
        "score_slope": 1.0,
        "score_offset": 0.0,
        "score_likeness": 0.0,
        "likeness": 0.0,
        "turned_looks": 0,
        "redetection_probability": 1.0,
        "scan_probability": 1.0,
    },
}

# What else the paper's procedure needs on the embedded backbone, whose features are not those that
# it was made for: docs/method.md says what each is for. None of it is in the paper.
PAPER_ON_LITE0: dict[str, Value] = {
    "background_swaps": 8,
    "initial_negative_iou": 0.3,
    "mining_interval": 15,
    "hold_threshold": -100.0,
}


def preset_settings(preset: str, backbone: str) -> dict[str, Value]:
    """Return what a preset changes against the declarations, on that backbone."""
    own = PAPER_ON_LITE0 if (preset, backbone) == ("paper", "efficientnet_lite0") else {}
    return {**PRESETS[preset], **own}


def make_config(preset: str = "default", **settings: Value) -> TrackerConfig:
    """Return the settings of a preset, some of them changed.

    Raises:
        ConfigError: names the setting that is unknown, of the wrong type or out of range.
    """
    checked(declaration("preset"), preset)
    for name in settings:
        declaration(name)
    backbone = checked(declaration("backbone"), settings.get("backbone", TrackerConfig.backbone))
    changed = preset_settings(preset, str(backbone))
    chosen: dict[str, Any] = {**changed, **settings, "preset": preset}
    return TrackerConfig(**chosen)


def parse_setting(text: str) -> tuple[str, Value]:
    """Read "name=value", as given on a command line.

    Raises:
        ConfigError: not of that form, or not a value of that setting.
    """
    name, separator, value = text.partition("=")
    name = name.strip()
    if not separator:
        raise ConfigError(f"{text!r} is not name=value, for example attention_weight=0")
    declared = declaration(name)
    kind = declared.metadata["type"]
    parsed: Value = value.strip()
    if kind is not str:
        with contextlib.suppress(ValueError):  # refused below, by name
            parsed = kind(value)
    return name, checked(declared, parsed)


# What the paper calls settings.
_PAPERS = {"lambda": "attention_weight"}


def declaration(name: str) -> Setting:
    """Return the field of ``TrackerConfig`` that declares setting ``name``.

    Raises:
        ConfigError: there is none; says which name is close.
    """
    fields = TrackerConfig.__dataclass_fields__
    if name not in fields:
        close = difflib.get_close_matches(name, [*fields, *_PAPERS], n=1)
        hint = f"; did you mean {_PAPERS.get(close[0], close[0])}?" if close else ""
        raise ConfigError(f"there is no setting {name!r}{hint}")
    return fields[name]
