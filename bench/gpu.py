"""How fast the diffusion engine's models are on this GPU, with random weights of full size.

`python -m bench.gpu` downloads nothing; torch, diffusers, transformers and accelerate are all it
takes. Random weights are written to a folder first, as a fetch would leave them, so that loading is
measured too. Where there is no GPU, the tests' tiny models run through the same code: that proves
the benchmark, and says nothing about speed.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.memory import Chip, chosen_chip
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.store import Store
from generation.pipeline.diffusion.warm import first_strokes
from tests.pipeline.diffusion import tiny

from .gpu_jobs import ad_seconds, cancel_latency, recovery
from .gpu_measures import (
    Painter,
    Timing,
    matmul_rate,
    measure,
    peak_bytes,
    reset_peak,
    step_seconds,
    timed,
)

# One after the other, so that the disk holds one set at a time; FLUX.1 [schnell] is [dev] with
# fewer steps. The first of a set paints scenes, the second letters.
SETS = (("flux2-klein-4b", "sdxl"), ("flux1-dev", "sdxl"))
TINY_SIDE = 64
WARM_ADS = 5
CANCELS = 3
TAKES = (1, 2, 4)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("--side", type=int, default=1024, help="pixels of the square picture")
    parser.add_argument("--cap-gb", type=float, default=24, help="GB of the GPU to use; 0: all")
    parser.add_argument("--sets", default="klein,flux1", help="which sets of models, by a part")
    parser.add_argument("--quantise", default="auto", choices=("auto", "none", "fp8", "nf4"))
    parser.add_argument("--no-compile", action="store_true", help="leave the compiler out")
    parser.add_argument("--folder", type=Path, help="where weights are written (default: temp)")
    return parser.parse_args()


def main() -> None:
    wishes = options()
    chip = the_chip(wishes.cap_gb)
    torch.set_grad_enabled(False)
    if chip.device == "cpu":
        torch.set_num_threads(1)
        wishes.side = TINY_SIDE
        print("No GPU: tiny models on the processor. These figures say nothing about speed.\n")
    rate = matmul_rate(chip.device)
    table(
        "The chip",
        ("name", "torch", "memory used at most", "bfloat16 products"),
        [(chip.name, torch.__version__, gigabytes(chip.budget), f"{rate / 1e12:.2f} TFLOP/s")],
    )
    for names in SETS:
        if any(part in names[0] for part in wishes.sets.split(",")):
            with_weights(chip, names, rate, wishes)


def the_chip(cap_gb: float) -> Chip:
    """The first GPU, capped, or the processor where there is none."""
    if not torch.cuda.is_available():
        return chosen_chip({"DEVICE": "cpu", "NANOCOCOA_GPU_BUDGET_MB": "1024"})
    chip = chosen_chip({"DEVICE": "cuda:0"})
    if not cap_gb or cap_gb * 1e9 >= chip.budget:
        return chip
    torch.cuda.set_per_process_memory_fraction(cap_gb * 1e9 / chip.budget)
    return replace(chip, budget=int(cap_gb * 1e9))


def with_weights(chip: Chip, names: Sequence[str], rate: float, wishes: argparse.Namespace) -> None:
    """Write a set's random weights, measure with them, and remove them."""
    root = Path(tempfile.mkdtemp(prefix="nc-bench-", dir=wishes.folder))
    try:
        store = Store(root, frozenset(catalog.MODELS))
        started = time.perf_counter()
        for entry in (one for name in names for one in catalog.with_parts(name)):
            write(store, entry.key, chip)
        print(f"random weights written in {time.perf_counter() - started:.0f} s\n")
        measure_set(store, chip, names, rate, wishes)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def write(store: Store, key: str, chip: Chip) -> None:
    if chip.device == "cpu":
        tiny.save_model(key, store.folder(key))
        tiny.pin(store, key)
        return
    from . import gpu_models

    gpu_models.build(store, key, chip.device)
    torch.cuda.empty_cache()


def measure_set(
    store: Store, chip: Chip, names: Sequence[str], rate: float, wishes: argparse.Namespace
) -> None:
    owner = Residency(store, chip, quantise=wishes.quantise)
    rows = []
    for name in names:
        painter = Painter(owner, name, wishes.side)
        rows.append(model_row(painter, measure(painter), rate))
    table(f"Models at {wishes.side} x {wishes.side}", MODEL_COLUMNS, rows)
    scene = Painter(owner, names[0], wishes.side)
    behaviour(scene)
    together(scene)
    owner.unload_all()
    del owner
    if not wishes.no_compile:
        compiled(store, chip, names, wishes)
    ads(store, chip, names, wishes)


def compiled(store: Store, chip: Chip, names: Sequence[str], wishes: argparse.Namespace) -> None:
    """What compiling the repeated blocks costs once, and gives at every step; production's code."""
    rows = []
    for name in names:
        plain = Painter(Residency(store, chip, quantise=wishes.quantise), name, wishes.side)
        without = step_seconds(plain)
        plain.residency.unload_all()
        owner = Residency(store, chip, quantise=wishes.quantise, compile_blocks=True)
        fast = Painter(owner, name, wishes.side)
        with owner.use(name):
            pass
        first = timed(chip.device, lambda: first_strokes(owner, name, lambda: True))  # noqa: B023
        with_it = step_seconds(fast)
        owner.unload_all()
        rows.append(
            (
                *(name, f"{without:.4f}", f"{with_it:.4f}", f"{without / with_it:.2f}x"),
                f"{first:.1f}",
            )
        )
    columns = ("model", "s/step", "s/step compiled", "faster", "first small picture, s")
    table("Compiled blocks", columns, rows)


MODEL_COLUMNS = (
    "model",
    "weights as",
    "load, s",
    "to the GPU, s",
    "TFLOP/step",
    "s/step",
    "over the floor",
    "decode, s",
    "picture, s",
    "preview costs",
    "peak",
)


def model_row(painter: Painter, timing: Timing, rate: float) -> tuple[str, ...]:
    return (
        f"{painter.key}, {painter.entry.steps} steps",
        painter.residency.quantised(painter.key),
        f"{timing.load:.2f}",
        f"{timing.bring:.2f}",
        f"{timing.flop / 1e12:.4g}",
        f"{timing.step:.4f}",
        f"{timing.step * rate / timing.flop:.2f}x",
        f"{timing.decode:.3f}",
        f"{timing.whole:.2f}",
        f"{100 * timing.preview_overhead:.1f} %",
        gigabytes(timing.peak) if timing.peak else "not measured",
    )


def behaviour(scene: Painter) -> None:
    """How soon it stops, and what running out of memory costs."""
    whole = timed(scene.device, lambda: scene.paint(scene.entry.steps))
    stops = [cancel_latency(scene, whole * (n + 1) / (CANCELS + 1)) for n in range(CANCELS)]
    short, following = recovery(scene)
    table(
        f"When it is interrupted ({scene.key})",
        ("stopped within, s (worst of 3)", "out of memory: with less, s", "the next picture, s"),
        [(f"{max(stops):.3f}", f"{short:.2f}", f"{following:.2f}")],
    )


def together(scene: Painter) -> None:
    """What a picture costs where several takes are painted in one pass."""
    rows = []
    for takes in TAKES:
        reset_peak(scene.device)
        run = partial(scene.paint, scene.entry.steps, takes=takes)
        run()
        seconds = min(timed(scene.device, run) for _ in range(3))
        peak = peak_bytes(scene.device)
        told = gigabytes(peak) if peak else "not measured"
        rows.append((str(takes), f"{seconds:.3f}", f"{seconds / takes:.3f}", told))
    columns = ("takes in one pass", "until the first, s", "a picture, s", "peak")
    table(f"Takes of one ad ({scene.key})", columns, rows)


def ads(store: Store, chip: Chip, names: Sequence[str], wishes: argparse.Namespace) -> None:
    """The models' part of whole ads: scene, retouch and letters; the rest runs on the processor."""
    reset_peak(chip.device)
    owner = Residency(store, chip, quantise=wishes.quantise)
    cold = ad_seconds(owner, names[0], names[1], wishes.side)
    warm = statistics.median(
        ad_seconds(owner, names[0], names[1], wishes.side) for _ in range(WARM_ADS)
    )
    peak = peak_bytes(chip.device)
    table(
        f"The models' part of an ad ({' and '.join(names)})",
        ("cold, s", "warm, s", "warm ads per hour", "peak"),
        [
            (
                f"{cold:.2f}",
                f"{warm:.2f}",
                f"{3600 / warm:.0f}",
                gigabytes(peak) if peak else "not measured",
            )
        ],
    )
    owner.unload_all()


def gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table that can be pasted into docs/performance.md."""
    print(f"### {title}\n")
    print(f"| {' | '.join(columns)} |")
    print(f"|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


if __name__ == "__main__":
    main()
