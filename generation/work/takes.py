"""Which other takes of an ad come right after a job: their scenes can be painted with its own."""

from __future__ import annotations

from typing import Any, Final

from generation.fairness import claim_order
from generation.models import Job

# Together with the job's own; latents and activations of so many fit beside klein on 24 GB.
MOST_AT_ONCE: Final = 4
# What may differ between two takes: the prompts are written when a job's turn comes.
TAKES_OWN: Final = frozenset({"seed", "prompts"})


def seeds_ahead(job: Job) -> tuple[int, ...]:
    """Return the seeds of the takes that are next in the line after a diffusion job.

    Only those whose turn it is: nobody of another team waits longer for it.
    """
    if job.engine != "diffusion" or job.parameters.get("test_mode"):
        return ()
    following = claim_order(job.engine)[: MOST_AT_ONCE - 1]
    rows = Job.objects.filter(pk__in=following, ad__variant_group=job.ad.variant_group)
    parameters = dict(rows.values_list("pk", "parameters"))
    seeds: list[int] = []
    for job_id in following:
        if job_id not in parameters or _same(parameters[job_id]) != _same(job.parameters):
            break
        seeds.append(int(parameters[job_id].get("seed") or 0))
    return tuple(seeds)


def _same(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in TAKES_OWN}
