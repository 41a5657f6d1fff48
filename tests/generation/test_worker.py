"""The worker end to end: real queue, real engine process, test-mode stages."""

from __future__ import annotations

import pytest

from generation.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_goes_from_the_queue_to_a_finished_picture(submit, burst):
    job = submit()
    burst()
    job.refresh_from_db()
    assert (job.status, job.error_detail) == (Job.Status.COMPLETED, "")
    assert job.progress_percent == 100
    assert [result.stage for result in job.stages.all()] == [
        "step1_background",
        "step2_text_asset",
        "step3_composition",
    ]
    assert job.ad.image.size > 0
    assert job.ad.thumbnail.size > 0
