"""Finished stages are never made twice, and never pulled from under another job."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from django.core.management import call_command

from campaigns.services import copy_ad
from generation import services
from generation.models import Job, StageResult
from generation.services.stage_files import (
    new_work_folder,
    stage_folder,
    stored_files,
    sweep_work_folders,
    work_root,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept_engine")]


def stages(job: Job) -> dict[str, StageResult]:
    return {result.stage: result for result in job.stages.all()}


def test_new_words_keep_the_scene_and_make_the_rest(submit, burst, owner):
    first = submit()
    burst()
    second = submit(copy_ad(ad=first.ad, by=owner, ad_text="오늘만 반값"))
    burst()
    before, after = stages(first), stages(second)
    assert after["step1_background"].reused_from == before["step1_background"]
    assert after["step2_text_asset"].reused_from is None
    assert after["step3_composition"].reused_from is None
    scene, copy = (Path(s["step1_background"].image.path) for s in (before, after))
    assert scene != copy
    assert scene.read_bytes() == copy.read_bytes()


def test_deleting_the_first_job_leaves_the_second_whole(submit, burst, owner):
    first = submit()
    burst()
    second = submit(copy_ad(ad=first.ad, by=owner))
    burst()
    for result in stages(first).values():
        shutil.rmtree(stage_folder(result.team_id, result.folder))
    first.delete()
    for result in stages(second).values():
        assert result.reused_from is None
        assert all(path.stat().st_size > 0 for path in stored_files(result))


def test_a_result_whose_file_is_gone_is_made_again(submit, burst, owner):
    first = submit()
    burst()
    Path(stages(first)["step1_background"].image.path).unlink()
    second = submit(copy_ad(ad=first.ad, by=owner))
    burst()
    assert stages(second)["step1_background"].reused_from is None
    second.refresh_from_db()
    assert second.status == Job.Status.COMPLETED


def test_an_extra_that_is_the_image_itself_is_shared_too(submit, burst, owner):
    first = submit()
    burst()
    scene = stages(first)["step1_background"]
    scene.extras |= {"scene": Path(scene.image.name).name}
    scene.save()
    second = submit(copy_ad(ad=first.ad, by=owner))
    burst()
    shared = stages(second)["step1_background"]
    assert shared.reused_from == scene
    assert shared.extras == scene.extras


def test_another_teams_result_is_not_reused(submit, burst, make_ad, outsider, photo):
    submit()
    burst()
    theirs = submit(make_ad(team=outsider.teams.get(), by=outsider, photo=photo))
    burst()
    assert all(result.reused_from is None for result in stages(theirs).values())


def test_a_resumed_job_keeps_what_it_had(submit, burst):
    job = submit()
    burst()
    kept = stages(job)
    kept["step3_composition"].delete()
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED)
    services.resume_job(job=job)
    burst()
    after = stages(job)
    assert after["step1_background"] == kept["step1_background"]
    assert after["step2_text_asset"] == kept["step2_text_asset"]
    job.refresh_from_db()
    assert job.status == Job.Status.COMPLETED


def test_an_ad_without_words_is_its_scene(submit, burst, make_ad):
    job = submit(make_ad(ad_text=""))
    burst()
    job.refresh_from_db()
    assert (job.status, job.progress_percent) == (Job.Status.COMPLETED, 100)
    assert list(stages(job)) == ["step1_background"]
    scene = Path(stages(job)["step1_background"].image.path)
    assert Path(job.ad.image.path).read_bytes() == scene.read_bytes()


def test_no_work_folder_is_left_behind(submit, burst):
    submit()
    burst()
    assert list(work_root().iterdir()) == []


def test_stale_work_folders_are_swept_and_fresh_ones_are_not(submit):
    job = submit()
    from generation.pipeline.types import Stage

    stale, at_work = (new_work_folder(job.pk, Stage.TEXT) for _ in range(2))
    (stale / "half.png").write_bytes(b"x")
    long_ago = time.time() - 3600
    os.utime(stale, (long_ago, long_ago))
    assert sweep_work_folders() == 1
    assert not stale.exists()
    assert at_work.exists()


def test_pruning_removes_only_what_no_row_points_to(submit, burst, capsys):
    job = submit()
    burst()
    results = stages(job)
    orphan = stage_folder(job.team_id, results["step1_background"].folder).with_name("0" * 32)
    orphan.mkdir()
    long_ago = time.time() - 48 * 3600
    for folder in orphan.parent.iterdir():
        os.utime(folder, (long_ago, long_ago))
    call_command("prune")
    assert "1 stage folders" in capsys.readouterr().out
    assert not orphan.exists()
    assert all(path.exists() for result in results.values() for path in stored_files(result))
