"""What was measured on a GPU: written down as it comes, read back as tables.

Every line of the results is JSON of its own and is on the disk before the next measure begins; a
process that dies, or is stopped for time, loses the measure it was at and no other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Row = Mapping[str, Any]

# Columns of each table after the models' names: heading, figure, how it is written.
TABLES: Final[Mapping[str, tuple[str, tuple[tuple[str, str, str], ...]]]] = {
    "model": (
        "Models",
        (
            ("weights as", "weights", "s"),
            ("load, s", "load", ".2f"),
            ("to the GPU, s", "bring", ".2f"),
            ("TFLOP/step", "tflop", ".4g"),
            ("s/step", "step", ".4f"),
            ("over the floor", "over_floor", ".2f"),
            ("decode, s", "decode", ".3f"),
            ("picture, s", "picture", ".2f"),
            ("a preview, ms", "preview_ms", ".1f"),
            ("previews cost, %", "preview_percent", ".1f"),
            ("peak, GB", "peak_gb", ".1f"),
        ),
    ),
    "compiled": (
        "Compiled blocks",
        (
            ("s/step", "step", ".4f"),
            ("over the floor", "over_floor", ".2f"),
            ("picture, s", "picture", ".2f"),
            ("first small picture, s", "first", ".1f"),
            ("another size, s more", "other_size", ".1f"),
            ("peak, GB", "peak_gb", ".1f"),
        ),
    ),
    "interrupted": (
        "When it is interrupted",
        (
            ("stopped within, s (worst)", "stopped", ".3f"),
            ("out of memory: with less, s", "with_less", ".2f"),
            ("the next picture, s", "next_picture", ".2f"),
        ),
    ),
    "takes": (
        "Takes of one ad, in one pass",
        (
            ("takes", "takes", "d"),
            ("until the first, s", "first", ".3f"),
            ("a picture, s", "each", ".3f"),
            ("peak, GB", "peak_gb", ".1f"),
        ),
    ),
    "ad": (
        "The models' part of an ad: scene, retouch, letters",
        (
            ("cold, s", "cold", ".2f"),
            ("warm, s", "warm", ".2f"),
            ("warm ads per hour", "per_hour", ".0f"),
            ("peak, GB", "peak_gb", ".1f"),
        ),
    ),
}
CHIP: Final = ("name", "torch", "memory_gb", "allocator", "tflops")


@dataclass(frozen=True)
class Target:
    """A figure that is to be reached: of `models`, by the best of the rows named so."""

    words: str
    measure: str
    models: str
    figure: str
    most: float


# On an H200-class chip, but for memory, which is that of an L4.
TARGETS: Final = (
    Target("FLUX.2 [klein] step over the floor", "*", "flux2-klein-4b", "over_floor", 1.6),
    Target("a warm ad, its models' part, s", "ad", "flux2-klein-4b+sdxl", "warm", 2.5),
    Target("FLUX.1 [dev], 28 steps, s", "*", "flux1-dev", "picture", 5.0),
    Target("cold start from the page cache, s", "ad", "flux2-klein-4b+sdxl", "cold", 30.0),
    Target("peak of the default set, GB", "ad", "flux2-klein-4b+sdxl", "peak_gb", 22.0),
    Target("stopped within, s", "interrupted", "*", "stopped", 2.0),
    Target("previews, % of a picture", "model", "flux2-klein-4b", "preview_percent", 2.0),
)


class Results:
    """The lines of one run; `path` is the file that they are in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self) -> None:
        """Start an empty file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("", encoding="utf-8")

    def add(self, **fields: Any) -> None:
        """Put a line on the disk."""
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(fields) + "\n")
            stream.flush()

    def lines(self) -> list[dict[str, Any]]:
        """Return all whole lines: the last one may have been cut off with its process."""
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def done(self) -> set[str]:
        """Return the keys of what was measured, failed, or was left out."""
        return {line["key"] for line in self.lines() if line["what"] in ("rows", "missed")}

    def at_work(self) -> str | None:
        """Return the key of what was begun and did not come to an end."""
        begun = [line["key"] for line in self.lines() if line["what"] == "begun"]
        return begun[-1] if begun and begun[-1] not in self.done() else None

    def rows(self) -> list[dict[str, Any]]:
        """Return what was measured, a row each."""
        return [
            {**row, "measure": line["measure"], "models": line["models"], "within": line["within"]}
            for line in self.lines()
            if line["what"] == "rows"
            for row in line["rows"]
        ]


def markdown(results: Results) -> str:
    """Return everything as tables that can be pasted into docs/performance.md."""
    lines = results.lines()
    parts = [_chip(line) for line in lines if line["what"] == "chip"][:1]
    rows = results.rows()
    parts += [_table(name, rows) for name in TABLES if any(r["measure"] == name for r in rows)]
    if any(line["what"] == "chip" and line["name"] != "CPU" for line in lines):
        parts.append(_targets(rows))
    missed = [(line["key"], line["why"]) for line in lines if line["what"] == "missed"]
    if missed:
        parts.append(written("Not measured", ("what", "why"), missed))
    return "\n".join(parts)


def written(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return one table."""
    lines = [f"### {title}\n", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join((*lines, ""))


def _chip(line: Row) -> str:
    headings = ("name", "torch", "memory, GB", "allocator", "bfloat16 products, TFLOP/s")
    return written("The chip", headings, [[str(line[name]) for name in CHIP]])


def _table(name: str, rows: Sequence[Row]) -> str:
    title, columns = TABLES[name]
    headings = ("models", "within", *(heading for heading, _, _ in columns))
    cells = [
        (row["models"], row["within"], *(_cell(row.get(key), how) for _, key, how in columns))
        for row in rows
        if row["measure"] == name
    ]
    return written(title, headings, cells)


def _cell(value: Any, how: str) -> str:
    return "" if value is None else format(value, how)


def _targets(rows: Sequence[Row]) -> str:
    cells = []
    for target in TARGETS:
        best = _best(target, rows)
        verdict = "not measured" if best is None else "yes" if best <= target.most else "NO"
        cells.append((target.words, f"{target.most:g}", _cell(best, ".3g"), verdict))
    return written("Targets, on an H200", ("what", "at most", "measured", "reached"), cells)


def _best(target: Target, rows: Sequence[Row]) -> float | None:
    """Return the figure, the best of its rows; for what may never be exceeded the worst."""
    found = [
        float(row[target.figure])
        for row in rows
        if target.measure in ("*", row["measure"])
        and target.models in ("*", row["models"])
        and row.get(target.figure) is not None
        and (target.figure != "peak_gb" or row["within"] != "all of it")
    ]
    if not found:
        return None
    return max(found) if target.figure in ("stopped", "peak_gb") else min(found)
