"""What one ad costs the engine, per sub-step and variant: `python -m bench.engine VARIANT RUNS`.

Every variant runs in a process of its own and prints its measurements as JSON; `measure` starts it.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from .site import ROOT
from .tables import show

PHOTO = ROOT / "campaigns/demo/gift_box.jpg"
COPIES = ("건어물 대박 세일", "오늘만 반값 세일", "바다 향 그대로", "명절 선물 예약")
CASES = ("cold", "plate cached", "copy change", "draft", "draft again")
# The plain render that the plate is compared with, and the one that both are compared to.
PLAIN_SAMPLES = (16, 64, 128)
REFERENCE_SAMPLES = 256
SHARE = 0.5


def measure(variant: str, runs: int) -> dict[str, Any]:
    """Run the bench in a process with that variant."""
    command = [sys.executable, "-m", "bench.engine", variant, str(runs)]
    environment = {**os.environ, "NANOCOCOA_MITSUBA_VARIANT": variant}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    # Mitsuba warns on the same stream, in colour: its last code stands before the figures.
    return json.loads(done.stdout[done.stdout.index('{"variant"') :])


def tables(runs: int) -> None:
    """Print the tables of both variants."""
    for variant in ("scalar_rgb", "llvm_ad_rgb"):
        found = measure(variant, runs)
        title = (
            f"engine, {found['variant']}, 전통시장 x 골드 풍선, {runs} runs; load {found['load']}"
        )
        show(
            title,
            ("seconds (median)", "wall", "CPU", "first preview", "longest gap"),
            [
                (case, *(f"{found['cases'][case][key]:.2f}" for key in KEYS))
                for case in found["cases"]
            ],
        )
        steps = sorted({step for case in found["steps"].values() for step in case})
        show("sub-steps, seconds (median)", ("", *found["steps"]),
             [(step, *(f"{case.get(step, 0):.2f}" for case in found["steps"].values()))
              for step in steps])  # fmt: skip
        show("all formats of one ad", ("", ""), [
            (key, f"{value:.2f}") for key, value in found["formats"].items()
        ])  # fmt: skip
        show(
            f"the set at half size against a plain render; dB to {REFERENCE_SAMPLES} samples",
            ("", "seconds", "CPU", "PSNR, dB"),
            [(name, *(f"{value:.2f}" for value in row)) for name, row in found["plain"].items()],
        )
        show("peak memory, MB", ("", ""), [("engine", f"{found['memory']:.0f}")])


KEYS = ("wall", "cpu", "first", "gap")


class Stopwatch:
    """Wall, CPU and previews of one ad, and its sub-steps."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        self.last, self.first, self.gap = self.wall, 0.0, 0.0
        self.steps: dict[str, float] = defaultdict(float)
        self.figures: dict[str, float] = {}

    def report(self, progress: Any) -> None:
        now = time.perf_counter()
        if progress.preview:
            self.first = self.first or now - self.wall
            self.gap, self.last = max(self.gap, now - self.last), now

    def stop(self) -> None:
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        self.figures = {"wall": wall, "cpu": cpu, "first": self.first, "gap": self.gap}


def make(spec: Any, cache: Path, earlier: dict[Any, Any] | None = None) -> tuple[Stopwatch, dict]:
    """Run the stages that `earlier` lacks; return the watch and all outputs."""
    from generation.pipeline.run import run_stage
    from generation.pipeline.types import STAGES, StageRequest

    outputs, watch = dict(earlier or {}), Stopwatch()
    for stage in STAGES:
        if stage in outputs:
            continue
        out_dir = Path(tempfile.mkdtemp(dir=cache))
        request = StageRequest(
            stage=stage, spec=spec, earlier=outputs, out_dir=out_dir, cache_dir=cache
        )
        outputs[stage] = run_stage(request, watch.report)
        for step, seconds in outputs[stage].seconds.items():
            watch.steps[f"{stage.number} {getattr(step, 'value', step)}"] += seconds
    watch.stop()
    return watch, outputs


def run(runs: int) -> dict[str, Any]:
    from generation.pipeline.catalog import FORMATS
    from generation.pipeline.studio.variant import chosen_variant
    from generation.pipeline.types import STAGES, AdSpec

    figures: dict[str, list[dict[str, float]]] = defaultdict(list)
    steps: dict[str, list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="nc-bench-") as folder:
        cache = Path(folder)
        spec = AdSpec(
            photo=PHOTO, ad_text=COPIES[0], background_style="market", text_style="gold_balloon"
        )
        # The first makes warm: modules, kernels, the denoiser.
        make(replace(spec, seed=99), cache)
        for index in range(runs):
            this = replace(spec, seed=index, ad_text=COPIES[index % len(COPIES)])
            other = replace(this, ad_text=COPIES[(index + 1) % len(COPIES)])
            _, scene = cold = make(this, cache)
            kept = {STAGES[0]: scene[STAGES[0]]}
            drafted = replace(this, draft=True)
            tries = zip(
                CASES,
                (cold, make(this, cache), make(other, cache, kept), make(drafted, cache),
                 make(drafted, cache)), strict=True,
            )  # fmt: skip
            for case, (watch, _) in tries:
                figures[case].append(watch.figures)
                steps[case].append(dict(watch.steps))
        whole = time.perf_counter()
        for fmt in FORMATS:
            make(replace(spec, seed=77, format=fmt.key, together=True), cache)
        all_formats = time.perf_counter() - whole
    # Of ads alone: the plain renders below need more.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cases = {name: _medians(rows) for name, rows in figures.items()}
    return {
        "variant": chosen_variant().name,
        "load": round(os.getloadavg()[0], 1),
        "cases": cases,
        "steps": {name: _medians(rows) for name, rows in steps.items()},
        "formats": {
            "seconds, set rendered anew": all_formats,
            "formats": len(FORMATS),
            "times one cold ad": all_formats / cases["cold"]["wall"],
        },
        "plain": plain(),
        "memory": memory,
    }


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(row.get(key, 0.0) for row in rows) for key in rows[0]}


def plain() -> dict[str, tuple[float, float, float]]:
    """Compare our near layer with plain full-frame renders of the same scene, by PSNR.

    Equal quality is the same PSNR of the developed picture to one of many samples, denoised.
    """
    import numpy as np

    from generation.pipeline.catalog import frame_format
    from generation.pipeline.layout import plan_layout
    from generation.pipeline.studio import render
    from generation.pipeline.studio.palette import NEUTRAL_PALETTE
    from generation.pipeline.studio.photograph import meter, plate_sampling
    from generation.pipeline.studio.stage import build_scene, rig_for

    frame = frame_format("1:1")
    layout = plan_layout(frame, "auto", 1.2, True)
    rig = rig_for("market", frame, layout, NEUTRAL_PALETTE, 5)
    scene = render.mitsuba_scene(build_scene(rig, scale=SHARE))

    def taken(samples: int, *, clean: bool) -> tuple[Any, float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        layers = render.render_passes(scene, seed=1, samples=samples, samples_per_pass=samples)
        picture = render.denoise(layers.radiance) if clean else layers.radiance
        spent = time.perf_counter() - wall, time.process_time() - cpu
        return render.develop(picture, 0.18 / meter(rig, layers)).astype(np.float64), *spent

    ideal, *_ = taken(REFERENCE_SAMPLES, clean=True)
    found = {}
    rows = [("ours, denoised", plate_sampling(rig)[1], True)]
    rows += [(f"plain, {samples} samples", samples, False) for samples in PLAIN_SAMPLES]
    for name, samples, clean in rows:
        picture, wall, cpu = taken(samples, clean=clean)
        error = float(np.mean((picture - ideal) ** 2))
        found[name] = (wall, cpu, 10 * float(np.log10(255**2 / error)))
    return found


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[2]))))
