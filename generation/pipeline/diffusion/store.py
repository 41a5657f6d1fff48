"""Where models lie on this machine, what each file must be, and who may use which.

One folder per model under the root, laid out as its repository, and beside them `models.lock.json`
with the exact revision, size and SHA-256 of every file. Only what the lock names is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from generation.pipeline.errors import LicenceNotSet, ModelDamaged, ModelMissing

from .catalog import ModelEntry, model, with_parts

LOCK_NAME: Final = "models.lock.json"
MODELS_VARIABLE: Final = "NANOCOCOA_MODELS"
LICENCES_VARIABLE: Final = "NANOCOCOA_LICENCES"
# Large enough that hashing waits for the disk, small enough to show progress.
BLOCK: Final = 8 * 1024 * 1024
# Length of the little-endian header size that a safetensors file begins with.
HEADER_LENGTH: Final = 8
# A commit's whole id: branches, tags and short ids can come to mean something else.
EXACT_REVISION: Final = re.compile("[0-9a-f]{40}")

# Called with the bytes just read or written.
Advance = Callable[[int], None]


@dataclass(frozen=True)
class PinnedFile:
    """What a file must be: its size in bytes and SHA-256 in hex."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Pin:
    """A model as it was recorded: the repository's commit and every file of it that is used."""

    repo_id: str
    revision: str
    files: Mapping[str, PinnedFile]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files.values())


@dataclass(frozen=True)
class Store:
    """The models folder and the licences that the deployment says it has bought."""

    root: Path
    licences: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Store:
        """Read NANOCOCOA_MODELS (else HF_HOME, else ~/.cache) and NANOCOCOA_LICENCES."""
        named = environment.get(MODELS_VARIABLE, "").strip()
        hub = environment.get("HF_HOME", "").strip()
        root = Path(named) if named else Path(hub or "~/.cache") / "nanococoa" / "models"
        bought = environment.get(LICENCES_VARIABLE, "").split(",")
        return cls(root.expanduser(), frozenset(key.strip() for key in bought if key.strip()))

    @property
    def lock_path(self) -> Path:
        return self.root / LOCK_NAME

    def folder(self, key: str) -> Path:
        """Return where the model lies or would lie."""
        return self.root / key

    def pins(self) -> dict[str, Pin]:
        """Return what is pinned. Raises ModelDamaged for a lock that cannot be read."""
        try:
            stored = json.loads(self.lock_path.read_text(encoding="utf-8"))
            return {key: _pin(entry) for key, entry in stored.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelDamaged(f"{self.lock_path} cannot be read: {error}", model="*") from error

    def record(self, key: str, pin: Pin) -> None:
        """Write a pin into the lock file, whole or not at all."""
        pins = {**self.pins(), key: pin}
        self.root.mkdir(parents=True, exist_ok=True)
        fresh = self.lock_path.with_suffix(".new")
        words = {name: asdict(entry) for name, entry in sorted(pins.items())}
        fresh.write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")
        fresh.replace(self.lock_path)

    def allow(self, entry: ModelEntry) -> None:
        """Raises LicenceNotSet for a model that may not be used commercially unless it was bought.

        The message says what to set, so that the admin can act on it.
        """
        if entry.commercial or entry.key in self.licences:
            return
        raise LicenceNotSet(
            f"{entry.title} is under {entry.licence}: it may not be used commercially. With a "
            f"licence bought from its owner, set {LICENCES_VARIABLE}={entry.key}",
            model=entry.key,
        )

    def check(self, key: str) -> Path:
        """Return the folder of a model that may be used and whose files look whole.

        Sizes and safetensors headers, parts included; no hashing, so that it costs milliseconds.
        Raises ModelUnknown, LicenceNotSet, ModelMissing, ModelDamaged.
        """
        for entry in with_parts(key):
            self.allow(entry)
            self.look_at(entry.key)
        return self.folder(key)

    def look_at(self, key: str) -> None:
        """See that this one model's files look whole. Raises ModelMissing, ModelDamaged."""
        for name, expected in self._pinned(key).files.items():
            self._look_at(key, name, expected)

    def verify(self, key: str, advance: Advance = lambda _: None) -> None:
        """Hash every file of this one model. Raises ModelMissing, ModelDamaged."""
        for name, expected in self._pinned(key).files.items():
            path = self._look_at(key, name, expected)
            if sha256(path, advance) != expected.sha256:
                raise ModelDamaged(f"{path} is not the file that was pinned (SHA-256)", model=key)

    def weights_of(self, key: str) -> dict[str, int]:
        """Return the bytes of this one model's weights by component; "" for those of its root.

        Raises ModelMissing, ModelDamaged.
        """
        sizes: dict[str, int] = {}
        for name, file in self._pinned(key).files.items():
            if name.endswith(".safetensors"):
                component = name.rpartition("/")[0]
                sizes[component] = sizes.get(component, 0) + file.size
        return sizes

    def _pinned(self, key: str) -> Pin:
        pin = self.pins().get(key)
        if pin is None:
            raise ModelMissing(
                f"{key} is not in {self.lock_path}: run manage.py models fetch {key} --pin",
                model=key,
            )
        if pin.repo_id != model(key).repo_id:
            raise ModelDamaged(f"{key} was pinned from {pin.repo_id}", model=key)
        if not EXACT_REVISION.fullmatch(pin.revision):
            raise ModelDamaged(f"{key}: {pin.revision!r} is no exact revision", model=key)
        return pin

    def _look_at(self, key: str, name: str, expected: PinnedFile) -> Path:
        path = self.folder(key) / name
        if not path.is_file():
            raise ModelMissing(f"{path} is missing: run manage.py models fetch {key}", model=key)
        found = path.stat().st_size
        if found != expected.size:
            raise ModelDamaged(f"{path} has {found} bytes, not {expected.size}", model=key)
        if path.suffix == ".safetensors" and (fault := safetensors_fault(path)):
            raise ModelDamaged(f"{path}: {fault}", model=key)
        return path


def account(entry: ModelEntry, pin: Pin | None, quantised: str | None = None) -> dict[str, Any]:
    """Return what the checks of an ad say of a model that took part in it, JSON-serialisable."""
    return {
        "key": entry.key,
        "title": entry.title,
        "licence": entry.licence,
        "revision": pin.revision if pin else None,
        "quantised": quantised,
    }


def safetensors_fault(path: Path) -> str:
    """Return what is wrong with a safetensors file's outer form; empty when nothing is.

    Source: the format's description in the safetensors repository: eight bytes, little-endian, give
    the length of a JSON header that gives each tensor's place in the rest of the file.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(HEADER_LENGTH), "little")
        if size < HEADER_LENGTH or length > size - HEADER_LENGTH:
            return "the file is cut short"
        try:
            header = json.loads(stream.read(length))
            ends = [item["data_offsets"][1] for name, item in header.items() if name[:2] != "__"]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return "the header cannot be read"
    expected = HEADER_LENGTH + length + max(ends, default=0)
    return "" if expected == size else f"{size} bytes, its header says {expected}"


def sha256(path: Path, advance: Advance = lambda _: None) -> str:
    """Return a file's SHA-256 in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            advance(len(block))
    return digest.hexdigest()


def _pin(entry: Mapping[str, Any]) -> Pin:
    files = {
        _safe(name): PinnedFile(int(file["size"]), str(file["sha256"]))
        for name, file in entry["files"].items()
    }
    return Pin(str(entry["repo_id"]), str(entry["revision"]), files)


def _safe(name: str) -> str:
    """Return the name. Raises ValueError for one that would leave the model's folder."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name!r} is no name inside a model's folder")
    return name
