"""Writing files and asking other programs while the stage goes on rendering."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# They wait more than they compute.
THREADS: Final = 2


class Beside:
    """A context that ends when all its work is done, and fails when one of it failed."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=THREADS)
        self._begun: list[Future[object]] = []

    def begin(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Start the work and return where its result will be."""
        future = self._threads.submit(work, *args, **kwargs)
        self._begun.append(future)  # type: ignore[arg-type]
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(wait=True)
        if error is None:
            for future in self._begun:
                future.result()
