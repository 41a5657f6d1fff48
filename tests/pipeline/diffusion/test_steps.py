"""After every denoising step: progress, a preview of what is meant, and a way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler

from generation.pipeline.diffusion import catalog
from generation.pipeline.diffusion.flux import Brush, Telling, paint, repaint, sigmas_from
from generation.pipeline.diffusion.memory import Chip
from generation.pipeline.diffusion.prompts_kept import KEPT_PROMPTS, kept_prompt
from generation.pipeline.diffusion.residency import Residency
from generation.pipeline.diffusion.sizes import canvas_for
from generation.pipeline.diffusion.steps import clean_estimate
from generation.pipeline.diffusion.store import Store
from generation.pipeline.errors import StageCancelled
from generation.pipeline.stopwatch import Stopwatch
from generation.pipeline.types import Progress, SubStep

from .asking import previews

FLUX = ["flux2-klein-4b", "flux1-schnell", "flux1-dev"]
KLEIN = FLUX[0]
SIZE = (160, 112)


@pytest.fixture(scope="module")
def residency(tiny_store: Store) -> Iterator[Residency]:
    """One for all tests of this file: nothing here changes a model."""
    owner = Residency(tiny_store, Chip("cpu", "CPU", 2**30))
    yield owner
    owner.unload_all()


def brush(residency: Residency, key: str, pipeline: Any, **wishes: Any) -> Brush:
    told = {"prompt": "a worn table", "guidance": None, "seed": 3, **wishes}
    entry = catalog.model(key)
    canvas = canvas_for(*SIZE, 16, draft=True, share=0.5)
    return Brush(entry=entry, pipeline=pipeline, canvas=canvas, watch=Stopwatch(), **told)


def telling(report: Any = lambda _: None) -> Telling:
    return Telling(report=report, sub_step=SubStep.BACKGROUND, span=(0.2, 0.6))


def painted(residency: Residency, key: str, report: Any = lambda _: None, **wishes: Any) -> Any:
    with residency.use(key) as pipeline:
        return paint(brush(residency, key, pipeline, **wishes), telling(report))


def test_the_estimate_of_a_flow_is_the_picture_it_flows_to() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(5)
    clean, noise = torch.rand(1, 8, 4), torch.randn(1, 8, 4)
    latents, before = noise, noise
    for timestep in scheduler.timesteps:
        latents = scheduler.step(noise - clean, timestep, latents, return_dict=False)[0]
        assert torch.allclose(clean_estimate(scheduler, before, latents), clean, atol=1e-4)
        before = latents


def test_the_estimate_of_sdxls_scheduler_is_the_picture_it_has_in_mind() -> None:
    scheduler = EulerDiscreteScheduler(beta_schedule="scaled_linear")
    scheduler.set_timesteps(5)
    clean, noise = torch.rand(1, 4, 8, 8), torch.randn(1, 4, 8, 8)
    before = latents = clean + noise * scheduler.sigmas[0]
    for index, timestep in enumerate(scheduler.timesteps):
        scheduler.scale_model_input(latents, timestep)
        predicted = (latents - clean) / scheduler.sigmas[index]
        latents = scheduler.step(predicted, timestep, latents, return_dict=False)[0]
        assert torch.allclose(clean_estimate(scheduler, before, latents), clean, atol=1e-3)
        before = latents


def test_a_first_step_from_unknown_latents_is_not_shown() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(3)
    scheduler.step(torch.zeros(1, 2, 2), scheduler.timesteps[0], torch.zeros(1, 2, 2))
    assert clean_estimate(scheduler, None, torch.zeros(1, 2, 2)) is None


@pytest.mark.parametrize("key", FLUX)
def test_every_step_is_told_and_pictures_are_small(residency: Residency, key: str) -> None:
    steps: list[Progress] = []
    picture = painted(residency, key, steps.append)
    total = catalog.model(key).steps
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    assert [(step.index, step.total) for step in steps] == [(n + 1, total) for n in range(total)]
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    assert steps[-1].fraction == pytest.approx(0.6)
    shown = previews(steps)
    assert shown
    assert all(max(size) <= 512 for size in shown)
    assert shown[0][0] / shown[0][1] == pytest.approx(SIZE[0] / SIZE[1], rel=0.06)


def test_a_cancelled_painting_leaves_everything_usable(residency: Residency) -> None:
    before = painted(residency, KLEIN)

    def stop(progress: Progress) -> None:
        if progress.index == 2:
            raise StageCancelled

    with pytest.raises(StageCancelled):
        painted(residency, KLEIN, stop)
    assert np.array_equal(painted(residency, KLEIN), before)


def test_a_seed_gives_its_picture_and_another_seed_another(residency: Residency) -> None:
    first = painted(residency, KLEIN, seed=11)
    assert np.array_equal(painted(residency, KLEIN, seed=11), first)
    assert not np.array_equal(painted(residency, KLEIN, seed=12), first)


@pytest.mark.parametrize(
    ("key", "strength"),
    [(KLEIN, 0.05), (KLEIN, 0.6), (KLEIN, 1.0), ("flux1-schnell", 0.6), ("flux1-dev", 0.1)],
)
def test_repainting_starts_from_as_much_noise_as_was_asked(
    residency: Residency, key: str, strength: float
) -> None:
    picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    changing = np.full(picture.shape[:2], 255, np.uint8)
    steps: list[Progress] = []
    with residency.use(key) as pipeline:
        made = repaint(
            brush(residency, key, pipeline), picture, changing, strength, telling(steps.append)
        )
        levels = pipeline.scheduler.sigmas
    assert made.shape == picture.shape
    assert float(levels[0]) == pytest.approx(strength, abs=1e-3)
    assert len(steps) == len(levels) - 1 <= catalog.model(key).steps


def test_no_strength_leaves_the_picture_alone(residency: Residency) -> None:
    picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    with residency.use(KLEIN) as pipeline:
        job = brush(residency, KLEIN, pipeline)
        assert repaint(job, picture, picture[..., 0], 0.0, telling()) is picture


@pytest.mark.parametrize("shift", [1.0, 3.0, 8.0])
def test_levels_come_out_of_the_schedulers_shift_as_asked(shift: float) -> None:
    level = np.array(sigmas_from(0.3, 3, shift))
    assert (shift * level / (1 + (shift - 1) * level))[0] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("key", "asked", "guided"),
    [
        (KLEIN, None, 1.0),
        (KLEIN, 7.0, 1.0),
        ("flux1-schnell", 7.0, 0.0),
        ("flux1-dev", None, 3.5),
        ("flux1-dev", 7.0, 7.0),
    ],
)
def test_distilled_weights_get_their_own_guidance_whatever_is_asked(
    residency: Residency, key: str, asked: float | None, guided: float
) -> None:
    with residency.use(key) as pipeline:
        assert brush(residency, key, pipeline, guidance=asked).guided == guided


def test_guidance_that_is_heeded_changes_the_picture(residency: Residency) -> None:
    plain = painted(residency, "flux1-dev")
    assert not np.array_equal(painted(residency, "flux1-dev", guidance=9.0), plain)


def test_a_prompt_is_read_once(own_store, chip) -> None:
    residency = Residency(own_store, chip)
    first = painted(residency, KLEIN, prompt="a table")
    with residency.use(KLEIN) as pipeline, torch.no_grad():
        for weights in pipeline.text_encoder.parameters():
            weights.fill_(torch.nan)
    assert np.array_equal(painted(residency, KLEIN, prompt="a table"), first)


def test_kept_prompts_are_few() -> None:
    encoder = torch.nn.Linear(1, 1)
    read: list[int] = []

    def reading(number: int) -> dict[str, Any]:
        read.append(number)
        return {"prompt_embeds": torch.full((1, 1), float(number)), "pooled": None}

    for number in [*range(KEPT_PROMPTS + 1), KEPT_PROMPTS, 0]:
        found = kept_prompt(encoder, (number,), "cpu", lambda: reading(number))  # noqa: B023
        assert float(found["prompt_embeds"]) == number
        assert found["pooled"] is None
    assert read == [*range(KEPT_PROMPTS + 1), 0]


@pytest.mark.parametrize("key", FLUX[:2])
def test_an_endless_prompt_is_cut_and_painted(residency: Residency, key: str) -> None:
    picture = painted(residency, key, prompt="wooden table " * 400)
    assert picture.shape == (SIZE[1], SIZE[0], 3)
