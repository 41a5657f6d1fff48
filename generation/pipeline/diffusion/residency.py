"""The one owner of device memory: what lies there, what comes next, what has to leave.

Models are loaded into host memory when first used; each component goes to the device when its
forward pass begins, and stays while there is room. When there is none, what was needed least
recently leaves first. Nothing is copied back: weights do not change.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import psutil

from .catalog import bytes_with_parts, model
from .component import Component, Loaded
from .host_copies import HostCopy
from .loading import load
from .memory import (
    Chip,
    Quantisation,
    Wish,
    choose_quantisation,
    chosen_chip,
    free_bytes,
    give_back_cached,
    refuse_too_large,
    the_torch,
    vae_working,
    warn_of_others,
    wished_quantisation,
    working_dtype,
)
from .quantise import quantise_pipeline
from .speed import compiles, make_fast
from .store import Store

logger = logging.getLogger(__name__)

UNLOAD_VARIABLE: Final = "AUTO_UNLOAD_DEFAULT"
# Loading takes a little more host memory than what stays.
LOADING_MARGIN: Final = 1.1
# The name that all pipelines have for it.
VAE: Final = "vae"


class Residency:
    """Gives out pipelines that run on the device, within a budget of its memory.

    Models may be loaded in other threads while one thread paints; two must not paint at once.
    """

    def __init__(
        self,
        store: Store,
        chip: Chip,
        *,
        quantise: Wish = "auto",
        unload_when_idle: bool = False,
        compile_blocks: bool = False,
    ) -> None:
        """`unload_when_idle`: leave nothing on the device without work (`rest`).

        `compile_blocks`: of the networks that run at every step, as they first run.
        """
        self.store = store
        self.chip = chip
        self.quantise = quantise
        self.unload_when_idle = unload_when_idle
        self.compile_blocks = compile_blocks
        self._models: dict[str, Loaded] = {}
        self._guests: dict[str, Component] = {}
        self._in_use: list[str] = []
        self._expected: tuple[str, ...] = ()
        self._frugal = False
        self._clock = itertools.count(1)
        # Of everything but loading, which takes long and has a lock of its own.
        self._lock = threading.RLock()
        self._loading = threading.Lock()

    @property
    def loaded(self) -> dict[str, int]:
        """Bytes on the device of each model in host memory, and of each guest."""
        with self._lock:
            guests = {key: one.copy.size * one.copy.on_device for key, one in self._guests.items()}
            return {key: one.on_device for key, one in self._models.items()} | guests

    @property
    def load_seconds(self) -> dict[str, float]:
        """How long each model that is in host memory took to load."""
        return {key: one.seconds for key, one in self._models.items()}

    def quantised(self, key: str) -> Quantisation:
        """Return how a loaded model's weights are stored. Raises KeyError."""
        return self._models[key].quantised

    def expect(self, keys: Sequence[str]) -> None:
        """Say what the next stages need, soonest first: it leaves the device last."""
        self._expected = tuple(keys)

    @contextmanager
    def use(self, key: str) -> Iterator[Any]:
        """Give the model's pipeline, whose components come to the device as they are needed.

        Raises ModelUnknown, LicenceNotSet, ModelMissing, ModelDamaged, GpuTooSmall.
        """
        with self._lock:
            self._in_use.append(key)
        try:
            yield (self._models.get(key) or self._load_once(key)).pipeline
        finally:
            with self._lock:
                self._in_use.remove(key)

    @contextmanager
    def having(self, guest: Component) -> Iterator[None]:
        """Have something on the device that is no pipeline's, as long as the block runs.

        It counts from then on, and leaves like any other. Raises what its `to_device` raises.
        """
        with self._lock:
            before = self._guests.get(guest.owner)
            if before not in (None, guest):
                before.copy.to_host()
            self._guests[guest.owner] = guest
            self._in_use.append(guest.owner)
        try:
            self.bring(guest)
            yield
        finally:
            with self._lock:
                self._in_use.remove(guest.owner)

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Leave only the component at work on the device, for when memory has run out."""
        self._frugal = True
        try:
            yield
        finally:
            self._frugal = False

    def free(self) -> None:
        """Take everything that is not in use off the device; host copies stay."""
        with self._lock:
            for one in self._components():
                if one.copy.on_device and one.owner not in self._in_use:
                    one.copy.to_host()
            give_back_cached(self.chip)

    def rest(self) -> None:
        """Leave the device to others, if so wished: there has been nothing to do for a while."""
        if self.unload_when_idle:
            self.free()

    def unload(self, key: str) -> None:
        """Forget a model altogether: device and host."""
        with self._lock:
            loaded = self._models.pop(key, None)
            if loaded is not None:
                loaded.to_host()
            del loaded
            give_back_cached(self.chip, host=True)

    def unload_all(self) -> None:
        """Forget every model and guest: device and host."""
        for key in tuple(self._models):
            self.unload(key)
        with self._lock:
            for guest in self._guests.values():
                guest.copy.to_host()
            self._guests.clear()

    def bring(self, component: Component) -> None:
        """Have a component on the device, making others leave as far as it needs room."""
        with self._lock:
            component.last_needed = next(self._clock)
            there = component.copy.on_device
            if not there or component.working > self.chip.working:
                self._make_room(component)
            if not there:
                component.copy.to_device(self.chip.device)

    def _load_once(self, key: str) -> Loaded:
        """Load a model, or wait for another thread that does; the device is free meanwhile."""
        with self._loading:
            return self._models.get(key) or self._load(key)

    def _load(self, key: str) -> Loaded:
        entry = model(key)
        self.store.check(key)
        self._make_host_room(int(bytes_with_parts(key) * LOADING_MARGIN))
        method = choose_quantisation(entry, self.chip, self.quantise)
        started = time.perf_counter()
        pipeline = load(entry, self.store, dtype=working_dtype(entry, self.chip))
        quantise_pipeline(pipeline, method, self.chip)
        make_fast(pipeline, self.chip, method, compile_blocks=self.compile_blocks)
        loaded = Loaded(pipeline, method, time.perf_counter() - started)
        for name, module in getattr(pipeline, "components", {}).items():
            if isinstance(module, the_torch().nn.Module):
                loaded.components.append(self._attach(key, name, module))
        loaded.seconds = time.perf_counter() - started
        with self._lock:
            self._models[key] = loaded
        return loaded

    def _attach(self, key: str, name: str, module: Any) -> Component:
        """Make the module come to the device by itself. Raises GpuTooSmall when it never can."""
        from accelerate.hooks import add_hook_to_module

        from .bringing import BringFirst

        copy = HostCopy(module.requires_grad_(False))
        working = vae_working(module, self.chip) if name == VAE else 0
        component = Component(key, name, copy, working=working)
        refuse_too_large(key, name, copy.size, self.chip)
        if self.chip.capability is not None:
            copy.pin(psutil.virtual_memory().available)
        add_hook_to_module(module, BringFirst(self, component))
        return component

    def _components(self) -> Iterator[Component]:
        models = (one.components for one in self._models.values())
        return itertools.chain(self._guests.values(), *models)

    def _resident(self) -> int:
        return sum(one.copy.size for one in self._components() if one.copy.on_device)

    def _make_room(self, wanted: Component) -> None:
        """Make others leave until the wanted one fits with what it works in, or only it is left."""
        there = wanted.copy.on_device
        others = (c for c in self._components() if c.copy.on_device and c is not wanted)
        leaving = sorted(others, key=self._worth)
        needed = wanted.copy.size * (not there) + max(wanted.working - self.chip.working, 0)
        gone = False
        for victim in leaving:
            if not self._frugal and free_bytes(self.chip, self._resident()) >= needed:
                break
            logger.info("%s %s leaves the device", victim.owner, victim.name)
            victim.copy.to_host()
            gone = True
        # What torch keeps for later is no room for another library.
        if (gone or wanted.owner in self._guests) and self.chip.capability is not None:
            the_torch().cuda.empty_cache()

    def _worth(self, component: Component) -> tuple[int, int]:
        """Order of leaving: the unexpected first, then the late; in each, the least recent."""
        if component.owner in self._in_use:
            soon = len(self._expected) + 1
        elif component.owner in self._expected:
            soon = len(self._expected) - self._expected.index(component.owner)
        else:
            soon = 0
        return soon, component.last_needed

    def _make_host_room(self, needed: int) -> None:
        """Forget the models that were used longest ago until the next one fits into RAM."""

        def last_use(key: str) -> int:
            return max((c.last_needed for c in self._models[key].components), default=0)

        with self._lock:
            idle = [key for key in self._models if key not in self._in_use]
        for key in sorted(idle, key=last_use):
            if psutil.virtual_memory().available >= needed:
                return
            logger.info("%s leaves host memory", key)
            self.unload(key)


def residency_from(environment: Mapping[str, str] = os.environ) -> Residency:
    """Return a new owner, as the environment describes it. Raises NoGpu, DiffusionNotInstalled."""
    chip = chosen_chip(environment)
    if chip.capability is not None:
        warn_of_others(chip, int(the_torch().cuda.mem_get_info(chip.device)[0]))
    return Residency(
        Store.from_environment(environment),
        chip,
        quantise=wished_quantisation(environment),
        unload_when_idle=environment.get(UNLOAD_VARIABLE, "").strip().lower() in ("1", "true"),
        compile_blocks=compiles(chip, environment),
    )


def in_charge() -> Residency | None:
    """Return this process's owner of device memory if there is one: the studio's has none."""
    return the_residency() if the_residency.cache_info().currsize else None


@lru_cache(maxsize=1)
def the_residency() -> Residency:
    """Return this process's owner of device memory, made on first use."""
    return residency_from()
