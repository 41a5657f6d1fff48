"""Finished stages of drafts on disk, by content address: the next draft starts from what is there.

Lies in the cache folder: whatever is in it can be deleted at any time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from generation.pipeline.types import StageOutput

from .limits import DEADLINE, KEPT_STAGES, STAGES_SLACK

INDEX = "output.json"
HALF_DONE = "new-"


class StageStore:
    """Stage outputs under `root`, at most KEPT_STAGES of them and a few more."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def new_folder(self) -> Path:
        """Return a fresh, empty folder for a stage to write into."""
        self.root.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=HALF_DONE, dir=self.root))

    def get(self, key: str) -> StageOutput | None:
        """Return the stage stored under `key` (hex), if all of its files are there."""
        folder = self.root / key
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            os.utime(folder)
        except (OSError, ValueError):
            return None
        extras = {name: folder / file for name, file in index["extras"].items()}
        output = StageOutput(image=folder / index["image"], extras=extras, checks=index["checks"])
        whole = all(path.is_file() for path in (output.image, *extras.values()))
        return output if whole else None

    def put(self, key: str, output: StageOutput, folder: Path) -> StageOutput:
        """Keep what a stage wrote into `folder`, which is moved; return the output as it lies now.

        Somebody else's result under the same key is as good.
        """
        index = {
            "image": str(output.image.relative_to(folder)),
            "extras": {name: str(path.relative_to(folder)) for name, path in output.extras.items()},
            "checks": dict(output.checks),
        }
        (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")
        try:
            folder.rename(self.root / key)
        except OSError:  # it is there: another worker was faster, or its files went
            if self.get(key) is None:
                shutil.rmtree(self.root / key, ignore_errors=True)
                folder.rename(self.root / key)
        self._prune()
        stored = self.get(key)
        if stored is None:
            raise FileNotFoundError(self.root / key)
        return stored

    def _prune(self) -> None:
        """Remove the stages that were not used for longest, and what killed workers left."""
        aged = sorted((path.stat().st_mtime, path) for path in self.root.iterdir())
        now = time.time()
        stale = [p for at, p in aged if p.name.startswith(HALF_DONE) and at < now - 2 * DEADLINE]
        kept = [path for _at, path in aged if not path.name.startswith(HALF_DONE)]
        if len(kept) > KEPT_STAGES + STAGES_SLACK:
            stale += kept[:-KEPT_STAGES]
        for path in stale:
            shutil.rmtree(path, ignore_errors=True)
