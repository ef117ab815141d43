# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""docs/results.md: its tables and pictures are those that commands wrote, none by hand.

The page has blocks, each between a comment that says what belongs there and ``<!-- end -->``:

    <!-- beside OTB=ope_otb, field=ope_field: Means over the sequences; AUC; precision 20 px -->
    <!-- below OTB=ope_otb, field=ope_field: Where it goes wrong -->
    <!-- pictures OTB=ope_otb, field=ope_field: success; failure_* -->

LABEL=FOLDER names an output folder of rlt-bench, kept as docs/results/FOLDER. A table is named by
its title in tables.md there; headings behind it choose columns. ``beside`` puts the columns of
several folders side by side, row by row, ``below`` puts their rows one below another. A folder that
is not kept, or is of an older version that did not give the table, is said not to be measured.

``python -m rlt_ros.benchmark.report.results_page --from OUT`` takes what OUT/FOLDER holds now into
docs/results/ and writes the blocks anew; without ``--from`` it only does the latter.
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from rlt_ros.benchmark.report.writing import FILES
from rlt_ros.benchmark.table_files import TABLES, TableFile, TableFileError, read_table_file
from rlt_ros.benchmark.text_tables import Rows, Table, markdown

COMMAND = "python -m rlt_ros.benchmark.report.results_page"
PAGE, KEPT = Path("docs", "results.md"), Path("docs", "results")
END = "<!-- end -->"

_BLOCK = re.compile(r"(<!-- (beside|below|pictures) (.+?): (.+?) -->\n)(.*?)(?=<!-- end -->)", re.S)
_NOTHING = (
    "Not measured at this version. What earlier ones gave is in [experiments.md](experiments.md)."
)
_MUCH_SMALLER = 0.5  # a JPEG beside the PNG: a photograph
_JPEG_QUALITY, _WIDEST = 85, 1400
_NONE = "-"


class PageError(ValueError):
    """A page or a folder that does not hold what a block names; the message says what."""


@dataclass(frozen=True)
class Block:
    """What belongs between two comments.

    Attributes:
        kind: beside, below or pictures.
        folders: by label, in order.
        parts: the title of a table and headings, or the names of pictures, * for any letters.
    """

    kind: str
    folders: Mapping[str, str]
    parts: Sequence[str]


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page.

    Raises:
        PageError: one has no end, or does not begin as it should.
    """
    begun, ended = len(re.findall(r"^<!-- (?!end -->)", page, re.M)), page.count(END)
    found = [_block(one) for one in _BLOCK.finditer(page)]
    if not begun == ended == len(found):
        raise PageError(f"{begun} blocks begin, {ended} end and {len(found)} can be read")
    yield from found


def filled(page: str, kept: Path) -> str:
    """Return a page with its blocks written anew.

    Args:
        page: the text.
        kept: the folder whose folders the blocks name.

    Raises:
        PageError, TableFileError: a folder does not hold what a block names.
    """
    list(blocks(page))
    return _BLOCK.sub(lambda found: found[1] + _content(_block(found), kept), page)


def take(out: Path, kept: Path, wanted: Sequence[Block]) -> list[str]:
    """Copy tables and pictures that blocks name, in place of older ones; return the folders' names.

    Args:
        out: holds output folders of rlt-bench; those that are not there are left as they are kept.
        kept: where to.
        wanted: the blocks.
    """
    names = dict.fromkeys(name for block in wanted for name in block.folders.values())
    taken = [name for name in names if (out / name / TABLES).is_file()]
    for name in taken:
        shutil.rmtree(kept / name, ignore_errors=True)
        (kept / name).mkdir(parents=True)
        shutil.copyfile(out / name / TABLES, kept / name / TABLES)
        patterns = {part for one in wanted if one.kind == "pictures" for part in one.parts
                    if name in one.folders.values()}  # fmt: skip
        for pattern in patterns:
            for folder in (out / name, out / name / FILES):
                for picture in folder.glob(f"{pattern}.png"):
                    _keep_picture(picture, kept / name)
                for moving in folder.glob(f"{pattern}.webp"):
                    shutil.copyfile(moving, kept / name / moving.name)
    return taken


def _keep_picture(picture: Path, folder: Path) -> None:
    """Keep a plot as it is, and what is a photograph for the most part, as JPEG."""
    data, image = picture.read_bytes(), cv2.imread(str(picture))
    scale = min(1.0, _WIDEST / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if len(jpeg) < _MUCH_SMALLER * len(data):
        (folder / picture.name).with_suffix(".jpg").write_bytes(jpeg.tobytes())
    else:
        (folder / picture.name).write_bytes(data)


def _block(found: re.Match[str]) -> Block:
    pairs = [text.strip().partition("=") for text in found[3].split(",")]
    parts = [text.strip() for text in found[4].split(";")]
    return Block(found[2], {label: name for label, _, name in pairs}, parts)


def _content(block: Block, kept: Path) -> str:
    if block.kind == "pictures":
        return _pictures(block, kept)
    title, *headings = block.parts
    files = {
        label: file
        for label, name in block.folders.items()
        if (kept / name / TABLES).is_file()
        and title in (file := read_table_file(kept / name / TABLES)).tables
    }
    if not files:
        return f"\n{_NOTHING}\n\n"
    tables = {label: file.tables[title] for label, file in files.items()}
    missing = [label for label in block.folders if label not in files]
    if not missing:  # what no table has, one that is not measured yet may bring
        _check_columns(tables, headings)
    tables = _chosen(tables, headings)
    join = _beside if block.kind == "beside" else _below
    commands = "\n".join(dict.fromkeys(file.origin["command"] for file in files.values()))
    note = next(iter(tables.values())).note
    lines = [f"```sh\n{commands}\n```", _origin(files), markdown(join(tables)).rstrip("\n")]
    lines += [note] if note else []
    lines += [f"Not measured at this version: {', '.join(missing)}."] if missing else []
    return "\n" + "\n\n".join(lines) + "\n\n"


def _check_columns(tables: Mapping[str, Table], headings: Sequence[str]) -> None:
    if unknown := set(headings).difference(*(table.rows[0] for table in tables.values())):
        raise PageError(f"no table of {', '.join(tables)} has a column {', '.join(unknown)}")


def _chosen(tables: Mapping[str, Table], headings: Sequence[str]) -> dict[str, Table]:
    """Return the first column of each table and those under the headings, in their order."""
    found = {}
    for label, table in tables.items():
        head = list(table.rows[0])
        places = [0, *(head.index(one) for one in headings or head[1:] if one in head)]
        rows = [[row[place] for place in places] for row in table.rows]
        found[label] = table._replace(rows=rows)
    return found


def _beside(tables: Mapping[str, Table]) -> Rows:
    """Return the columns of all tables, grouped by heading; those without a number are left out."""
    headings = dict.fromkeys(text for table in tables.values() for text in table.rows[0][1:])
    names = dict.fromkeys(row[0] for table in tables.values() for row in table.rows[1:])
    first = next(iter(tables.values())).rows[0][0]
    columns = []
    for heading in headings:
        for label, table in tables.items():
            if heading not in table.rows[0]:
                continue
            place = table.rows[0].index(heading)
            cells = {row[0]: row[place] for row in table.rows[1:]}
            if set(cells.values()) != {_NONE}:
                head = f"{label}: {heading}" if len(tables) > 1 else heading
                columns.append([head, *(cells.get(name, "") for name in names)])
    return [list(row) for row in zip([first, *names], *columns, strict=True)]


def _below(tables: Mapping[str, Table]) -> Rows:
    """Return the rows of all tables, each behind its label if there are several."""
    if len(tables) == 1:
        return next(iter(tables.values())).rows
    headings = list(dict.fromkeys(text for table in tables.values() for text in table.rows[0]))
    rows = [["", *headings]]
    for label, table in tables.items():
        for row in table.rows[1:]:
            cells = dict(zip(table.rows[0], row, strict=True))
            rows.append([label, *(cells.get(heading, "") for heading in headings)])
    return rows


def _origin(files: Mapping[str, TableFile]) -> str:
    """Return where tables come from, in a line: what is the same for several is said once."""
    groups: dict[str, list[str]] = {}
    for label, file in files.items():
        told = file.origin
        where = f"commit {told.get('commit', 'unknown')}, {told['date']}, {told.get('machine', '')}"
        groups.setdefault(where, []).append(f"{label}: {told['data']}" if "data" in told else label)
    return "; ".join(f"({'; '.join(data)}; {where})" for where, data in groups.items())


def _pictures(block: Block, kept: Path) -> str:
    lines = []
    for label, name in block.folders.items():
        for part in block.parts:
            found = sorted(
                path
                for kind in ("png", "jpg", "webp")
                for path in (kept / name).glob(f"{part}.{kind}")
            )
            lines += [f"![{label}: {path.stem}]({KEPT.name}/{name}/{path.name})" for path in found]
    return "\n" + "\n".join(lines) + "\n\n" if lines else f"\n{_NOTHING}\n\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page of the checkout in the current folder."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.split("\n\n")[0])
    parser.add_argument("--from", dest="out", type=Path, metavar="OUT", help="take what OUT holds")
    options = parser.parse_args(arguments)
    page = PAGE.read_text(encoding="utf-8")
    try:
        if options.out is not None:
            taken = take(options.out, KEPT, list(blocks(page)))
            print(f"taken into {KEPT}: {', '.join(taken) or 'nothing'}")
        PAGE.write_text(filled(page, KEPT), encoding="utf-8")
    except (PageError, TableFileError) as error:
        parser.exit(2, f"{COMMAND}: error: {error}\n")


if __name__ == "__main__":
    main()
