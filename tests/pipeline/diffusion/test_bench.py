"""The benchmark for GPUs: one command, whatever goes wrong; it says all that it is for."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import gpu, gpu_child, gpu_measures, gpu_results
from bench.gpu_child import Rig, take_all
from bench.gpu_plan import DEFAULT, Measure, plan
from bench.gpu_results import Results, markdown
from generation.pipeline.diffusion.store import Store

from .pretend_gpu import pretended

ROOT = Path(__file__).resolve().parents[3]
# What a plain PyTorch image with diffusers need not have.
ELSEWHERE = (
    *("cv2", "django", "mitsuba", "drjit", "scipy", "skimage", "redis", "rq", "rich", "channels"),
    *("uharfbuzz", "freetype", "fontTools", "oidn", "onnx", "onnxruntime", "torchao"),
    *("bitsandbytes", "psycopg", "pydantic"),
)
# SDXL, which would paint letters, takes half a minute in half floats on a processor.
SET = ("flux2-klein-4b", "flux1-schnell")
KLEIN = SET[:1]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The benchmark's own command, on a Python without what is `ELSEWHERE`; ended with the test."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({ELSEWHERE}))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "bench.gpu", "--out", str(tmp_path), *arguments]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield run
    for process in started:
        for one in (
            (*psutil.Process(process.pid).children(), process) if process.poll() is None else ()
        ):
            one.kill()


def figures(results: Results, measure: str) -> list[dict[str, Any]]:
    return [row for row in results.rows() if row["measure"] == measure]


def child_of(process: subprocess.Popen[str], results: Results, measure: str) -> psutil.Process:
    """The process that measures, once it is at a measure of that name."""
    while not (results.path.exists() and (results.at_work() or "").startswith(measure)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    (child,) = psutil.Process(process.pid).children()
    return child


def test_it_runs_with_what_a_plain_image_has_and_goes_on_when_its_process_dies(
    bench: Any, tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    process = bench("--no-compile", "--sets", "klein", "--cap-gb", "24", "--folder", str(weights))
    results = Results(tmp_path / "gpu.jsonl")
    child_of(process, results, "interrupted").kill()
    out, errors = process.communicate()
    assert process.returncode == 0, errors[-3000:]
    assert "say nothing about speed" in out
    (missed,) = [line for line in results.lines() if line["what"] == "missed"]
    assert missed["key"] == "interrupted flux2-klein-4b 24 plain"
    assert missed["why"] == "the process ended with -9"
    klein, letters = figures(results, "model")
    assert klein["flop"] > 0
    assert klein["over_floor"] > 0
    assert letters["step"] > 0
    assert {row["takes"] for row in figures(results, "takes")} == set(gpu_child.TAKES)
    (ad,) = figures(results, "ad")
    assert ad["per_hour"] == pytest.approx(3600 / ad["warm"])
    told = (tmp_path / "gpu.md").read_text()
    assert told.strip() in out
    assert "| interrupted flux2-klein-4b 24 plain | the process ended with -9 |" in told
    assert not list(weights.iterdir())


def rig(store: Store) -> Rig:
    return Rig(store, 64, "none", 1e12)


def a(name: str, *models: str, cap_gb: float = 0.05) -> Measure:
    return Measure(name, models, cap_gb, False, 1)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WARM_ADS", "CANCELS"):
        monkeypatch.setattr(gpu_child, name, 1)
    monkeypatch.setattr(gpu_child, "TAKES", (2,))
    monkeypatch.setattr(gpu_measures, "MEASURED_STEPS", 2)


@pytest.mark.usefixtures("hasty")
def test_on_a_gpu_it_measures_memory_within_a_cap_and_says_which_targets_are_reached(
    tiny_store: Store, tmp_path: Path
) -> None:
    results = Results(tmp_path / "gpu.jsonl")
    results.begin()
    results.add(what="chip", **dict.fromkeys(gpu_results.CHIP, "Pretended"))
    wanted = [a("model", *KLEIN), a("interrupted", *KLEIN), a("takes", *KLEIN), a("ad", *SET)]
    with pretended(2**26) as driver:
        assert take_all(rig(tiny_store), wanted, results, time.time() + 1000)
        assert driver.total == pytest.approx(50e6, rel=1e-6)
        assert driver.used < 1024
    assert results.done() == {one.key for one in wanted}
    assert [line["why"] for line in results.lines() if line["what"] == "missed"] == []
    assert all(0 < row["peak_gb"] <= 0.05 for row in results.rows() if "peak_gb" in row)
    told = markdown(results)
    for name in ("model", "interrupted", "takes", "ad"):
        title, columns = gpu_results.TABLES[name]
        headings = [heading for heading, _, _ in columns]
        assert f"### {title}\n\n| models | within | {' | '.join(headings)} |" in told
    assert "| stopped within, s | 2 | " in told
    assert "| FLUX.1 [dev], 28 steps, s | 5 |  | not measured |" in told


def test_what_does_not_fit_says_so_and_the_next_one_is_measured(
    tiny_store: Store, tmp_path: Path
) -> None:
    results = Results(tmp_path / "gpu.jsonl")
    results.begin()
    with pretended(2**26):
        tight, roomy = a("takes", *KLEIN, cap_gb=1e-4), a("interrupted", *KLEIN)
        assert take_all(rig(tiny_store), [tight, roomy], results, time.time() + 1000)
    first, second = (line for line in results.lines() if line["what"] != "begun")
    assert first["why"].startswith("GpuTooSmall: flux2-klein-4b's text_encoder takes")
    assert second["rows"][0]["stopped"] > 0


def test_a_lost_gpu_ends_the_process_that_another_one_goes_on_for(
    tiny_store: Store, tmp_path: Path
) -> None:
    results, measuring = Results(tmp_path / "gpu.jsonl"), rig(tiny_store)
    results.begin()
    lost, next_one = a("takes", *KLEIN), a("interrupted", *KLEIN)
    with pretended(2**26):
        with measuring.painter(lost, *KLEIN).residency.use(*KLEIN) as pipeline:
            pipeline.transformer.register_forward_pre_hook(illegal_access)
        assert not take_all(measuring, [lost, next_one], results, time.time() + 1000)
        measuring.drop()
    assert results.done() == {lost.key}
    assert "illegal memory access" in results.lines()[-1]["why"]


def illegal_access(*_: Any) -> None:
    raise RuntimeError("CUDA error: an illegal memory access was encountered")


def test_what_there_is_no_time_for_is_named(tiny_store: Store, tmp_path: Path) -> None:
    results = Results(tmp_path / "gpu.jsonl")
    results.begin()
    wanted = plan((24, 0))
    assert take_all(rig(tiny_store), wanted, results, time.time() + 1)
    assert {line["why"] for line in results.lines()} == {"no time was left for it"}
    assert results.done() == {one.key for one in wanted}


def test_a_measure_that_hangs_is_given_up(tmp_path: Path) -> None:
    results, guesses = Results(tmp_path / "gpu.jsonl"), {"a": 10.0, "b": 100.0}
    results.begin()
    now = time.time()
    assert gpu.too_long(results, guesses, now + 1000) == ""
    assert gpu.too_long(results, guesses, now - 1) == "time was up"
    results.add(what="begun", key="a", at=now - 200)
    assert gpu.too_long(results, guesses, now + 1000) == "not done in 180 s"
    results.add(what="rows", key="a", rows=[])
    results.add(what="begun", key="b", at=now - 200)
    assert gpu.too_long(results, guesses, now + 1000) == ""


def test_a_line_that_was_cut_off_is_no_result(tmp_path: Path) -> None:
    results = Results(tmp_path / "gpu.jsonl")
    results.begin()
    results.add(what="begun", key="a", at=0)
    with results.path.open("a") as stream:
        stream.write('{"what": "rows", "key": "a"')
    assert results.done() == set()
    assert results.at_work() == "a"


def heard_of(measures: Sequence[Measure]) -> list[str]:
    return [f"{one.name} {one.models[0]}{' compiled' if one.compiled else ''}" for one in measures]


def test_what_matters_most_is_measured_first() -> None:
    measures = plan((24, 0))
    assert heard_of(measures)[:2] == ["model flux2-klein-4b", "model sdxl"]
    # Every target has a figure within the first ten minutes by the guesses.
    first, spent = [], 0.0
    for one in measures:
        spent += one.guess
        if spent < 600:
            first.append(one)
    assert {"ad flux2-klein-4b", "ad flux2-klein-4b compiled", "model flux1-dev"} <= set(
        heard_of(first)
    )
    assert {one.name for one in measures} == gpu_results.TABLES.keys() == gpu_child.TAKEN_BY.keys()
    assert len({one.key for one in measures}) == len(measures)
    assert not any(one.compiled for one in plan((24, 0), compiled=False))
    assert {one.models[0] for one in plan((24, 0), sets="klein")} == set(DEFAULT)
