# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``rlt-bench bag --real-time``: a bag through the tracker node over DDS, measured.

Run as ``python -m rlt_ros.replay JOB`` with a ``BagJob`` as JSON.
"""

from __future__ import annotations

import math
import shutil
import signal
import sys
from itertools import chain

from rlt_ros.bags.reader import BagReader
from rlt_ros.benchmark.studies.bags.frames import BagFrames
from rlt_ros.benchmark.studies.bags.job import BagJob
from rlt_ros.benchmark.studies.bags.results import BOXES, SUMMARY, BagRun, report, write_run
from rlt_ros.benchmark.text_tables import write_records
from rlt_ros.media.results import ResultRow
from rlt_ros.replay.errors import ReplayError
from rlt_ros.replay.outcome import Outcome, read_outcome
from rlt_ros.replay.outgoing import Outgoing
from rlt_ros.replay.session import ALL_OUTPUTS, BARE_OUTPUTS, Images, Replayed, replay_into_node
from rlt_ros.whole_files import NotWrittenError

OUTPUT_BAG, NODE_LOG, NODE_MEMORY = "output_bag", "node.log", "node_memory.csv"
LATENCY_IS = "from when an image was due to the receipt of its detection, over DDS"


def main(arguments: list[str] | None = None) -> int:
    """Run the job; 0 if all went well, 1 if the replay failed or lost messages, 2 if misused."""
    (text,) = sys.argv[1:] if arguments is None else arguments
    # So that "kill" ends the node, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        problem = measure(BagJob.from_json(text))
    except (ReplayError, NotWrittenError) as error:
        print(f"rlt-bench: error: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"rlt-bench: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nrlt-bench: stopped", file=sys.stderr)
        return 130
    if problem:
        print(f"rlt-bench: error: {problem} (what was measured is written)", file=sys.stderr)
    return 1 if problem else 0


def measure(job: BagJob) -> str:
    """Replay, write the results, and return what went wrong meanwhile; empty if nothing did.

    Raises:
        KeyboardInterrupt: Ctrl-C ended it; what was measured until then is written.
        ValueError, OSError: it cannot be done as it was asked for.
        ReplayError: the node failed before the target was learned.
    """
    output_bag, log = job.out / OUTPUT_BAG, job.out / NODE_LOG
    topics = ALL_OUTPUTS if job.pictures else BARE_OUTPUTS
    with BagReader(job.bag) as bag:
        frames = job.frames(bag)
        for note in frames.notes:
            print(f"rlt-bench: warning: {note}", file=sys.stderr)
        outgoing = Outgoing(frames)
        messages = iter(outgoing)
        # With the first frame the box is known; without one this says why there is none.
        first = next(messages)
        assert frames.box is not None
        job.out.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(output_bag, ignore_errors=True)
        for name in (SUMMARY, BOXES, NODE_MEMORY):
            (job.out / name).unlink(missing_ok=True)
        total = min(len(frames) - frames.first + 1, job.max_frames or len(frames))
        images = Images(frames.topics.image, chain([first], messages), total)
        replayed = replay_into_node(
            images,
            frames.box,
            job.node_settings(),
            job.rate,
            topics,
            output_bag,
            log,
            params_file=job.params_file,
            keep_partial=True,
        )
    with BagReader(output_bag) as outputs:
        outcome = read_outcome(
            outputs,
            replayed.sent,
            job.rate,
            lambda stamp_ns: outgoing.due_ns.get(stamp_ns, stamp_ns),
        )
    readings = [
        {"seconds": f"{seconds:.1f}", "resident_mib": f"{mib:.1f}"}
        for seconds, mib in replayed.memory
    ]
    write_records(job.out / NODE_MEMORY, readings)
    run = _run(job, frames, outgoing, outcome, replayed)
    print(report(job, write_run(job, run, "real-time")))
    if run.stop is not None:
        raise run.stop
    if not run.problem and outcome.lost_in_transport:
        return f"{outcome.lost_in_transport} messages were lost between the processes"
    return run.problem


def _run(
    job: BagJob, frames: BagFrames, outgoing: Outgoing, outcome: Outcome, replayed: Replayed
) -> BagRun:
    found = {
        outgoing.numbers[stamp]: each
        for stamp, each in outcome.tracked.items()
        if stamp in outgoing.numbers
    }
    rows = [
        ResultRow(number, frames.stamps[number], *each.box, each.score, each.state)
        for number, each in sorted(found.items())
    ]
    started_ns = min(outgoing.due_ns.values())
    ended_ns = max((each.received_ns for each in found.values()), default=started_ns)
    return BagRun(
        tracker=job.tracker,
        frames=frames,
        rows=rows,
        latencies=outcome.latencies.tolist(),
        latency_is=LATENCY_IS,
        init_seconds=outcome.init_time,
        seconds=(ended_ns - started_ns) / job.rate / 1e9,
        dropped=outcome.dropped,
        extra={
            "rate": job.rate,
            "pictures": job.pictures,
            "params_file": None if job.params_file is None else str(job.params_file),
            "sent": outcome.sent,
            "received": outcome.received,
            "lost_in_transport": outcome.lost_in_transport,
            "restamped": outgoing.restamped,
            "published_late_by_up_to": replayed.latest,
            "updates": outcome.updates,
            "node_memory_mib": _memory_summary(replayed.memory),
        },
        problem=replayed.problem,
        stop=replayed.stop,
    )


def _memory_summary(memory: list[tuple[float, float]]) -> dict[str, float | None]:
    """Return when the target was learned, a tenth of the way, half of it, at the end, at most."""
    known = [mib for _, mib in memory if math.isfinite(mib)]
    if not known:
        return dict.fromkeys(("start", "tenth", "half", "end", "most"))
    last = len(known) - 1
    return {
        "start": known[0],
        "tenth": known[last // 10],
        "half": known[last // 2],
        "end": known[-1],
        "most": max(known),
    }
