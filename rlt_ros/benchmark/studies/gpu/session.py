# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of a measurement one after another: within a time, each kept as soon as it is done."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch

from rlt_ros.benchmark.json_files import Json, write_json
from rlt_ros.benchmark.studies.gpu.bench import Bench, Found
from rlt_ros.benchmark.studies.gpu.page import write_page
from rlt_ros.benchmark.text_tables import Table, aligned
from rlt_ros.tracking import TrackerStoppedError

SUMMARY = "summary.json"
DONE, FAILED, SKIPPED, CUT_SHORT, RUNNING = "done", "failed", "skipped", "cut short", "running"


class Part(NamedTuple):
    """One of the measurements.

    Attributes:
        name: in the summary.
        least: seconds that it needs to be worth beginning.
        most: seconds after which it is to end by itself.
        run: does it, until so many seconds of ``time.perf_counter``; yields what it has found so
            far, all of it each time.
    """

    name: str
    least: float
    most: float
    run: Callable[[Bench, float], Iterator[Found]]


@dataclass
class Session:
    """Runs parts.

    Attributes:
        bench: what they are given.
        out: folder that gets summary.json and the page, anew after each part.
        until: when all is to be done, in seconds of ``time.perf_counter``.
        origin: goes into the summary, see ``provenance.origin``.
        stretch: how many times the parts' usual time each is given.
        parts: by name what became of them.
    """

    bench: Bench
    out: Path
    until: float
    origin: dict[str, Json]
    stretch: float = 1.0
    parts: dict[str, Json] = field(default_factory=dict)

    def run(self, parts: Sequence[Part]) -> dict[str, Json]:
        """Run parts and return the summary; a part that fails, or is late, ends no other.

        Raises:
            OSError: the results cannot be written.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        tables: list[Table] = []
        for part in parts:
            left = self.until - time.perf_counter()
            if left < part.least:
                words = f"{max(0.0, left):.0f} s were left, it needs about {part.least:.0f} s"
                self.parts[part.name] = {"state": SKIPPED, "why": words}
                print(f"{part.name}: skipped, {words}", flush=True)
            else:
                tables += self._run(part, left)
            self._keep(tables)
        return self._summary()

    def _run(self, part: Part, left: float) -> list[Table]:
        self.parts[part.name] = {"state": RUNNING}
        self._keep(None)  # where all ends here, it says in which part
        start = time.perf_counter()
        found = Found({})
        try:
            for so_far in part.run(self.bench, start + min(left, self.stretch * part.most)):
                found = so_far
                self.parts[part.name] = {"state": RUNNING, **found.numbers}
                self._keep(None)
            outcome: dict[str, Json] = {"state": DONE}
            if not found.numbers:
                outcome = {"state": CUT_SHORT, "why": "its time was over before it had anything"}
        except TrackerStoppedError:
            outcome = {"state": CUT_SHORT, "why": "its time was over"}
        except Exception as error:  # whatever it is, the others may tell something
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            outcome = {"state": FAILED, "why": reason, "traceback": traceback.format_exc()}
            with contextlib.suppress(Exception):
                torch.cuda.empty_cache()  # out of memory, perhaps
        seconds = time.perf_counter() - start
        self.parts[part.name] = {**outcome, "seconds": seconds, **found.numbers}
        why = f": {outcome['why']}" if "why" in outcome else ""
        print(f"{part.name}: {outcome['state']} in {seconds:.1f} s{why}", flush=True)
        for table in found.tables:
            print(f"\n{table.title}", *aligned(table.rows), sep="\n")
            print(f"{table.note}\n" if table.note else "", flush=True)
        return found.tables

    def _summary(self) -> dict[str, Json]:
        return {**self.origin, "parts": self.parts}

    def _keep(self, tables: list[Table] | None) -> None:
        write_json(self.out / SUMMARY, self._summary())
        if tables is not None:
            write_page(self.out, self._summary(), [self._overview(), *tables])

    def _overview(self) -> Table:
        rows = [["part", "state", "seconds", "why"]]
        for name, one in self.parts.items():
            seconds = f"{one['seconds']:.1f}" if "seconds" in one else "-"
            rows.append([name, one["state"], seconds, one.get("why", "-")])
        return Table("What was measured", rows)
