"""How fast the diffusion engine's models are on this GPU, with random weights of full size.

`python -m bench.gpu --minutes 10` is all: it downloads nothing; torch, diffusers, transformers and
accelerate are all it takes. Random weights are written to a folder first, as a fetch would leave
them, so that loading is measured too. It measures in 24 GB of the GPU, as on the smallest one that
is meant, and in all of it, what matters most first, in a process of its own: where that dies, hangs
or loses the GPU, a fresh one goes on with the next measure. Results are in --out as they come:
`gpu.jsonl`, a line each, and `gpu.md`, tables for docs/performance.md.

Where there is no GPU, the tests' tiny models run through the same code: that proves the benchmark,
and says nothing about speed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.store import Store

from .gpu_child import Rig, take_all, the_chip
from .gpu_measures import matmul_rate
from .gpu_plan import DEFAULT, LARGE, Measure, plan
from .gpu_results import Results, markdown
from .gpu_weights import weights_folder

TINY_SIDE: Final = 64
# A measure that takes so many times its guess, and so many seconds at least, hangs.
PATIENCE: Final = 4
LEAST_PATIENCE: Final = 180.0
LOOK_EVERY: Final = 0.5
# Kept of the time that is given, for the last tables and for removing the weights.
LAST_SECONDS: Final = 15.0
NO_LIMIT: Final = 24 * 3600.0
# Exit code of a child whose GPU is lost to it.
GPU_LOST: Final = 3


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("--minutes", type=float, default=0, help="stop after; 0: measure all")
    parser.add_argument("--out", type=Path, default=Path("data/gpu-bench"), help="for the results")
    parser.add_argument("--side", type=int, default=1024, help="pixels of the square picture")
    parser.add_argument(
        "--cap-gb",
        type=float,
        nargs="+",
        default=[24, 0],
        help="GB of the GPU to use: the small GPU that is meant, and the whole (0)",
    )
    parser.add_argument("--sets", default="klein,flux1", help="which sets of models, by a part")
    parser.add_argument("--quantise", default="auto", choices=("auto", "none", "fp8", "nf4"))
    parser.add_argument("--no-compile", action="store_true", help="leave the compiler out")
    parser.add_argument("--folder", type=Path, help="where weights are written (default: memory)")
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def measures_of(wishes: argparse.Namespace) -> list[Measure]:
    return plan(wishes.cap_gb, sets=wishes.sets, compiled=not wishes.no_compile)


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    wishes = options(given)
    results = Results(wishes.out / "gpu.jsonl")
    if wishes.child:
        return measure_here(wishes, results)
    until = time.time() + (60 * wishes.minutes - LAST_SECONDS if wishes.minutes else NO_LIMIT)
    results.begin()
    tiny_ones = not torch.cuda.is_available()
    if tiny_ones:
        print("No GPU: tiny models on the processor. These figures say nothing about speed.\n")
    root = weights_folder(wishes.folder, (DEFAULT, LARGE), tiny_ones=tiny_ones)
    try:
        supervise([*given, "--child", str(root), "--until", str(until)], results, wishes, until)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        tables = markdown(results)
        (wishes.out / "gpu.md").write_text(tables + "\n", encoding="utf-8")
        print(f"\n{tables}", flush=True)
    return 0 if results.rows() else 1


def measure_here(wishes: argparse.Namespace, results: Results) -> int:
    """The child's part: measure what is not in the results yet."""
    torch.set_grad_enabled(False)
    chip, side = the_chip(0), wishes.side
    if chip.device == "cpu":
        torch.set_num_threads(1)
        side = TINY_SIDE
    rate = matmul_rate(chip.device)
    results.add(
        what="chip",
        name=chip.name,
        torch=torch.__version__,
        memory_gb=f"{chip.budget / 1e9:.1f}",
        allocator=os.environ.get("PYTORCH_CUDA_ALLOC_CONF", "as torch has it"),
        tflops=f"{rate / 1e12:.2f}",
    )
    store = Store(wishes.child, frozenset(catalog.MODELS))
    rig = Rig(store, side, wishes.quantise, rate)
    return 0 if take_all(rig, measures_of(wishes), results, wishes.until) else GPU_LOST


def supervise(
    arguments: Sequence[str], results: Results, wishes: argparse.Namespace, until: float
) -> None:
    """Have children measure until all is measured or time is up."""
    guesses = {one.key: one.guess for one in measures_of(wishes)}
    environment = {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True", **os.environ}
    told = 0
    while guesses.keys() - results.done() and time.time() < until:
        before = results.done()
        command = [sys.executable, "-m", "bench.gpu", *arguments]
        child = subprocess.Popen(command, env=environment)
        why = ""
        while child.poll() is None and not why:
            time.sleep(LOOK_EVERY)
            told = tell(results, told)
            why = too_long(results, guesses, until)
        if why:
            child.kill()
        code = child.wait()
        told = tell(results, told)
        if (key := results.at_work()) is not None:
            results.add(what="missed", key=key, why=why or f"the process ended with {code}")
        elif results.done() == before:
            print(f"The process ended with {code} before it measured anything.", flush=True)
            return
    for key in guesses.keys() - results.done():
        results.add(what="missed", key=key, why="no time was left for it")


def too_long(results: Results, guesses: dict[str, float], until: float) -> str:
    """Return why the child is to be stopped; empty while it may go on."""
    if time.time() > until:
        return "time was up"
    key = results.at_work()
    if key is None:
        return ""
    begun = next(line["at"] for line in reversed(results.lines()) if line["what"] == "begun")
    patience = max(PATIENCE * guesses[key], LEAST_PATIENCE)
    return f"not done in {patience:.0f} s" if time.time() > begun + patience else ""


def tell(results: Results, told: int) -> int:
    """Print what came since the last time, and write the tables; return how many lines are told."""
    lines = results.lines()
    for line in lines[told:]:
        if line["what"] == "rows":
            print(f"{line['key']}: {line['seconds']:.0f} s, {line['rows']}", flush=True)
        elif line["what"] == "missed":
            print(f"{line['key']}: not measured: {line['why']}", flush=True)
    if len(lines) > told:
        results.path.with_suffix(".md").write_text(markdown(results) + "\n", encoding="utf-8")
    return len(lines)


if __name__ == "__main__":
    sys.exit(main())
