"""The rules that keep the house in order: budgets, direction of imports, a light web process."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "campaigns", "generation", "nanococoa")
MODULE_BUDGET = 300
FUNCTION_BUDGET = 40
MEDIAN_FUNCTION_BUDGET = 12
# A break of the budget needs this comment in the module, with the reason after it.
EXCUSE = "# over budget because"

# What each layer may import of ours; the pipeline may import nothing but itself.
LAYERS = {
    "accounts": {"accounts", "generation.pipeline.catalog"},
    "campaigns": {"campaigns", "accounts", "generation.pipeline", "generation.fonts"},
    "generation.pipeline": {"generation.pipeline", "generation.fonts"},
}
NEVER_IN_WEB = ("torch", "mitsuba", "drjit", "cv2", "pyoidn", "scipy", "skimage", "diffusers")


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (p for p in (ROOT / package).rglob("*.py") if "migrations" not in p.parts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_modules_stay_within_the_budget() -> None:
    over = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len((text := path.read_text()).splitlines())) > MODULE_BUDGET
        and EXCUSE not in text
    }
    assert over == {}


def test_functions_stay_within_the_budget() -> None:
    over = {
        f"{path.relative_to(ROOT)}:{node.name}": length(node)
        for path in modules()
        if EXCUSE not in path.read_text()
        for node in functions(path)
        if length(node) > FUNCTION_BUDGET
    }
    assert over == {}


def test_the_median_function_is_short() -> None:
    lengths = [length(node) for path in modules() for node in functions(path)]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_BUDGET


def imported(path: Path) -> Iterator[str]:
    """Names of our own packages that a module imports, absolute."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            prefix = ".".join(base) if node.level else ""
            module = ".".join(filter(None, (prefix, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / layer.replace(".", "/")).rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in PACKAGES
        and not any(f"{name}.".startswith(f"{allowed}.") for allowed in LAYERS[layer])
    ]
    assert wrong == []


def test_the_pipeline_knows_no_django() -> None:
    foreign = ("django", "rq", "channels", "redis", "daphne")
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "generation/pipeline").rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in foreign
    ]
    assert wrong == []


def run_python(code: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


@pytest.mark.parametrize(
    "process",
    [
        "import nanococoa.asgi; from django.urls import get_resolver; get_resolver().url_patterns",
        "import django; django.setup(); import generation.management.commands.worker",
    ],
    ids=["web", "worker"],
)
def test_no_image_engine_is_imported(process: str) -> None:
    found = run_python(
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'nanococoa.settings'\n"
        f"{process}\nprint([name for name in {NEVER_IN_WEB!r} if name in sys.modules])"
    )
    assert found == "[]"
