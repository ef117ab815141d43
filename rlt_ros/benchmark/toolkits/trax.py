# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-trax: a tracker for VOT's toolkit, over the TraX protocol.

It needs vot-trax: pip install vot-trax.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.trackers.runners import Runner, make_runner
from rlt_ros.cli.arguments import CommandParser
from rlt_ros.installing import pip_line
from rlt_ros.pixels.files import decode_image
from rlt_ros.pixels.intensity import IntensityScaling
from rlt_ros.tracking import WeightsError
from rlt_ros.tracking.config import parse_setting

EPILOG = """\
VOT's toolkit starts it. In the workspace's trackers.ini:

  [rlt]
  label = rlt
  protocol = trax
  command = rlt-trax --tracker rlt --set device=cpu
  timeout = 600

Then: vot test rlt; vot evaluate rlt. The supervised experiments of VOT-2016 need vot-toolkit
0.7.4: 0.8 and 0.9 stop with an error there, whatever the tracker.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one client until it quits; return 0, or 2 after one line that says what is wrong."""
    options = _parser().parse_args(arguments)
    try:
        runner = make_runner(options.tracker, dict(map(parse_setting, options.settings)))
        serve(runner, options.tracker)
    except ImportError as error:
        if error.name != "trax":
            raise
        how = pip_line("install vot-trax")
        print(f"rlt-trax: error: vot-trax is missing: {how}", file=sys.stderr)
        return 2
    except (ValueError, OSError, WeightsError) as error:
        print(f"rlt-trax: error: {error}", file=sys.stderr)
        return 2
    return 0


def serve(runner: Runner, name: str) -> None:
    """Answer a client's requests over standard input and output, or TraX's socket.

    Coordinates go through as they are: the toolkit's pixels are counted from 0, like ours.

    Args:
        runner: the tracker.
        name: how it introduces itself.

    Raises:
        ImportError: vot-trax is not installed; ValueError: an image cannot be read.
    """
    import trax  # here, so that --help works without it
    from trax.image import Image
    from trax.region import Rectangle, Region

    regions, images = [Region.RECTANGLE], [Image.PATH, Image.MEMORY, Image.BUFFER]
    scaling = IntensityScaling()
    with trax.Server(regions, images, tracker_name=name) as server:
        while True:
            request = server.wait()
            if request.type not in (trax.TraxStatus.INITIALIZE, trax.TraxStatus.FRAME):
                return
            pixels = _read(request.image["color"])
            if request.type == trax.TraxStatus.INITIALIZE:
                scaling = IntensityScaling()
                region, _ = request.objects[0]
                box = np.array(region.bounds(), dtype=np.float64)
                runner.init(scaling(pixels), box)
            else:
                box = np.asarray(runner.track(scaling(pixels)), dtype=np.float64)
            server.status([(Rectangle.create(*box.tolist()), {})])


def _read(image: Any) -> NDArray[Any]:
    """Return an image of the client's as grey ``(H, W)`` or RGB ``(H, W, 3)`` of its own depth."""
    if image.type() == image.MEMORY:
        pixels = image.array()
        return pixels[..., 0] if pixels.shape[2] == 1 else pixels
    encoded = Path(image.path()).read_bytes() if image.type() == image.PATH else image.buffer()
    pixels = decode_image(encoded)
    if pixels is None:
        raise ValueError("the client sent an image that is not readable")
    return pixels


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="rlt-trax",
        description=__doc__,
        epilog=EPILOG,
    )
    parser.add_argument("--tracker", default="rlt", help="rlt, rlt:PRESET, csrt ... (default: rlt)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change one setting of rlt; may be given several times",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
