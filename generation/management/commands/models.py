"""`manage.py models list | fetch | verify`: the weights of the diffusion engine on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.catalog import ModelEntry
from generation.pipeline.diffusion.fetching import FetchFailed, fetch
from generation.pipeline.diffusion.store import Pin, Store
from generation.pipeline.errors import ModelDamaged, ModelMissing, StageFailed

# Wide enough for the longest key and title without wrapping, where no terminal says its width.
PLAIN_WIDTH = 120


class Command(BaseCommand):
    help = "Lists, fetches and verifies the diffusion engine's models."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list", help="what there is, under which licence, and what is here")
        fetching = what.add_parser("fetch", help="fetch what is pinned; with --pin the newest")
        fetching.add_argument("keys", nargs="*", help="default: what the engine needs")
        fetching.add_argument(
            "--pin",
            action="store_true",
            help="record revision and hashes of a model that has no pin yet",
        )
        verifying = what.add_parser("verify", help="hash every file of what is pinned")
        verifying.add_argument("keys", nargs="*", help="default: every pinned model")

    def handle(self, *args: Any, **options: Any) -> None:
        store = Store.from_environment()
        try:
            match options["what"]:
                case "list":
                    self._list(store)
                case "fetch":
                    self._fetch(store, options["keys"], pin=options["pin"])
                case "verify":
                    self._verify(store, options["keys"])
        except (StageFailed, FetchFailed) as failure:
            raise CommandError(str(failure)) from failure

    def _list(self, store: Store) -> None:
        pins = store.pins()
        table = Table(title=f"Models in {store.root}", title_justify="left")
        for name in ("key", "model", "licence", "may be used", "GiB", "here", "revision"):
            table.add_column(name, overflow="fold")
        for entry in catalog.ENTRIES:
            table.add_row(
                entry.key,
                escape(entry.title),
                entry.licence,
                _permission(store, entry),
                f"{catalog.bytes_with_parts(entry.key) / catalog.GIB:.1f}",
                _presence(store, entry, pins.get(entry.key)),
                pins[entry.key].revision[:12] if entry.key in pins else "not pinned",
            )
        self._print(table)

    def _fetch(self, store: Store, keys: Iterable[str], *, pin: bool) -> None:
        named = keys or catalog.DEFAULT_SET
        entries = {one.key: one for key in named for one in catalog.with_parts(key)}
        for entry in entries.values():
            store.allow(entry)
        for entry in entries.values():
            self.stdout.write(f"{entry.key} ({entry.repo_id}, {entry.licence})")
            found = fetch(store, entry.key, pin=pin, say=self.stdout.write)
            self.stdout.write(f"  whole: {found.size / 1e9:.2f} GB at {found.revision[:12]}")

    def _verify(self, store: Store, keys: Iterable[str]) -> None:
        faults = []
        names = tuple(keys) or tuple(store.pins())
        if not names:
            raise CommandError(f"nothing is pinned in {store.lock_path}: run models fetch --pin")
        for key in names:
            catalog.model(key)
            fault = self._fault(store, key)
            self.stdout.write(f"{key}: {fault or 'whole'}")
            faults += [key] if fault else []
        if faults:
            raise CommandError(f"not whole: {', '.join(faults)}")

    def _fault(self, store: Store, key: str) -> str:
        pin = store.pins().get(key)
        with Progress(transient=True) as progress:
            task = progress.add_task(key, total=pin.size if pin else None)
            try:
                store.verify(key, lambda count: progress.advance(task, count))
            except (ModelMissing, ModelDamaged) as failure:
                return failure.detail
        return ""

    def _print(self, table: Table) -> None:
        console = Console(width=None if self.stdout.isatty() else PLAIN_WIDTH)
        with console.capture() as printed:
            console.print(table)
        self.stdout.write(printed.get())


def _permission(store: Store, entry: ModelEntry) -> str:
    if entry.commercial:
        return "yes"
    return "bought" if entry.key in store.licences else "no: non-commercial"


def _presence(store: Store, entry: ModelEntry, pin: Pin | None) -> str:
    """Return whether this model's own files are here; its parts have rows of their own."""
    if pin is None:
        return "no"
    try:
        store.look_at(entry.key)
    except ModelMissing:
        return "no"
    except ModelDamaged:
        return "damaged"
    return "yes"
