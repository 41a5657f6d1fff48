"""Bring a model's files from the hub, the ones that are pinned and no others, and hash them all.

This is the only place that talks to a network, and only a command calls it: engines run offline.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Final

from generation.pipeline.errors import DiffusionNotInstalled, ModelDamaged

from .catalog import ModelEntry, model
from .store import Pin, PinnedFile, Store, sha256

ENDPOINT_VARIABLE: Final = "HF_ENDPOINT"
# Left free on the disk beside the files.
DISK_MARGIN: Final = 1024**3

Say = Callable[[str], None]


class FetchFailed(Exception):  # noqa: N818 - as the stages' failures
    """The model could not be fetched; the message says why and what to do."""


@dataclass(frozen=True)
class RemoteFile:
    """A file as the hub describes it. `sha256` is None for small ones, kept in git itself."""

    name: str
    size: int
    sha256: str | None


def fetch(store: Store, key: str, *, pin: bool, say: Say) -> Pin:
    """Fetch one model (not its parts) and verify it; return what it is pinned to.

    `pin`: record the newest revision and the hashes of what came, where nothing is pinned yet.
    Files that are there and whole are not fetched again. Raises ModelUnknown, LicenceNotSet,
    ModelDamaged, DiffusionNotInstalled, FetchFailed.
    """
    entry = model(key)
    store.allow(entry)
    known = store.pins().get(key)
    if known is None and not pin:
        raise FetchFailed(
            f"{key} is not pinned: no revision and no hashes are recorded for {entry.repo_id} in "
            f"{store.lock_path}. Fetch it with --pin to record those of its newest revision"
        )
    revision, files = _remote(entry, known)
    _check_disk(store, key, files)
    for file in files:
        _fetch_file(store, entry, revision, file, say)
    fetched = {file.name: _verified(store, key, file, known) for file in files}
    found = Pin(entry.repo_id, revision, fetched)
    if known is None:
        store.record(key, found)
    return found


def _remote(entry: ModelEntry, known: Pin | None) -> tuple[str, list[RemoteFile]]:
    """Return the commit and the files to fetch of it."""
    if known is not None:
        files = [RemoteFile(name, file.size, file.sha256) for name, file in known.files.items()]
        return known.revision, files
    with _HubErrors(entry):
        api = _hub().HfApi(endpoint=_endpoint())
        info = api.model_info(entry.repo_id, files_metadata=True)
    files = [
        RemoteFile(one.rfilename, one.size or 0, one.lfs.sha256 if one.lfs else None)
        for one in info.siblings or ()
        if any(fnmatch(one.rfilename, pattern) for pattern in entry.files)
    ]
    if not files:
        raise FetchFailed(f"{entry.repo_id} has none of {', '.join(entry.files)}")
    return str(info.sha), files


def _check_disk(store: Store, key: str, files: Sequence[RemoteFile]) -> None:
    store.root.mkdir(parents=True, exist_ok=True)
    missing = [file for file in files if not _is_there(store, key, file)]
    needed = sum(file.size for file in missing) + DISK_MARGIN
    free = shutil.disk_usage(store.root).free
    if missing and free < needed:
        raise FetchFailed(
            f"{key} needs {needed / 1e9:.1f} GB in {store.root}, where {free / 1e9:.1f} GB are free"
        )


def _is_there(store: Store, key: str, file: RemoteFile) -> bool:
    path = store.folder(key) / file.name
    return path.is_file() and path.stat().st_size == file.size


def _fetch_file(store: Store, entry: ModelEntry, revision: str, file: RemoteFile, say: Say) -> None:
    if _is_there(store, entry.key, file):
        say(f"  {file.name}: there")
        return
    say(f"  {file.name}: {file.size / 1e6:.1f} MB")
    with _HubErrors(entry):
        _hub().hf_hub_download(
            entry.repo_id,
            file.name,
            revision=revision,
            local_dir=store.folder(entry.key),
            endpoint=_endpoint(),
        )


def _verified(store: Store, key: str, file: RemoteFile, known: Pin | None) -> PinnedFile:
    """Return what came. A wrong file is deleted, so that fetching again can mend it."""
    path = store.folder(key) / file.name
    found = PinnedFile(path.stat().st_size, sha256(path))
    if found.size != file.size or found.sha256 != (file.sha256 or found.sha256):
        path.unlink()
        origin = "that was pinned" if known else "that the hub describes"
        raise ModelDamaged(f"{path} is not the file {origin}; it was deleted", model=key)
    return found


def _endpoint() -> str | None:
    return os.environ.get(ENDPOINT_VARIABLE, "").strip().rstrip("/") or None


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise DiffusionNotInstalled(f"the gpu extra is not installed: {error}") from error
    return huggingface_hub


class _HubErrors:
    """Turn what the hub's client raises into a FetchFailed that says what to do."""

    def __init__(self, entry: ModelEntry) -> None:
        self.entry = entry

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or not isinstance(error, Exception):
            return
        if isinstance(error, FetchFailed | DiffusionNotInstalled):
            return
        raise FetchFailed(self._words(error)) from error

    def _words(self, error: Exception) -> str:
        repo = self.entry.repo_id
        match type(error).__name__:
            case "GatedRepoError":
                return (
                    f"{repo} asks for its terms to be accepted: sign in at https://huggingface.co/"
                    f"{repo}, accept them, and set HF_TOKEN to a token of that account"
                )
            case "RepositoryNotFoundError":
                return f"the hub has no {repo}, or asks for HF_TOKEN"
            case "RevisionNotFoundError":
                return f"the hub no longer has the pinned revision of {repo}"
            case "OfflineModeIsEnabled":
                return "HF_HUB_OFFLINE is set: fetching needs the network"
        return f"{repo} could not be fetched: {type(error).__name__}: {error}"
