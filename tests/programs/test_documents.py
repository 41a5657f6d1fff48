"""The documents' commands, run as they are written, and the contract against its own document."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from PIL import Image

ROOT = Path(settings.BASE_DIR)
WALK = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", WALK, re.DOTALL)


def test_the_walk_and_the_client_run_as_written(site: str, key: str, tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(BLOCKS)
    for name in ("docs", "campaigns"):
        (tmp_path / name).symlink_to(ROOT / name)
    # The document says python3: this test's own, which has httpx, comes first.
    shims = tmp_path / "bin"
    shims.mkdir()
    (shims / "python3").symlink_to(sys.executable)
    environment = {
        **os.environ,
        "SITE": site,
        "KEY": key,
        "PATH": f"{Path(sys.executable).parent}:{shims}:{os.environ['PATH']}",
    }
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=880,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    for name in ("ad.png", "ad-python.png"):
        assert Image.open(tmp_path / name).size == (1080, 1080)


def test_schemathesis_finds_nothing(site: str, key: str) -> None:
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        *("run", f"{site}/api/openapi.json", "-H", f"Authorization: Bearer {key}"),
        *("--checks", "all", "-n", "3", "--seed", "1", "--no-color"),
        *("--request-timeout", "120"),
    ]
    ran = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=880, check=False
    )
    assert ran.returncode == 0, ran.stdout[-6000:]
