"""The live page and the result: the same truth at every moment, and what can be done there."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse

from generation.models import Job
from generation.presentation import download_name


def url(name: str, job: Job, *more: object) -> str:
    return reverse(f"generation:{name}", args=[job.pk, *more])


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_waiting_job_shows_where_it_stands_and_can_be_stopped(as_owner, job):
    page = text_of(as_owner.get(url("job", job)))
    assert "차례를 기다리는 중" in page
    assert url("job_stop", job) in page
    assert as_owner.get(url("job_state", job)).json()["queue_position"] == 1


def test_stopping_and_going_on(as_owner, job):
    as_owner.post(url("job_stop", job))
    job.refresh_from_db()
    assert job.status == Job.Status.STOPPED
    assert "멈췄어요" in text_of(as_owner.get(url("job", job)))
    as_owner.post(url("job_resume", job))
    job.refresh_from_db()
    assert job.status == Job.Status.PENDING


def test_a_finished_job_shows_picture_download_stages_and_checks(as_owner, finished):
    page = text_of(as_owner.get(url("job", finished)))
    assert url("job_result", finished) in page
    assert url("job_download", finished) in page
    assert "상품 원본 유지 100" in page
    for number in (1, 2, 3):
        stage = as_owner.get(url("job_stage", finished, number))
        assert stage["Content-Type"] == "image/png"


def test_what_was_made_before_resuming_counts_as_time_taken(as_owner, finished):
    finished.stages.filter(stage="step1_background").update(
        seconds=40, created_at=finished.started_at - timedelta(minutes=5)
    )
    Job.objects.filter(pk=finished.pk).update(
        finished_at=finished.started_at + timedelta(seconds=3)
    )
    assert "43초 만에 완성했어요" in text_of(as_owner.get(url("job", finished)))


def test_the_panel_alone_is_what_the_live_page_asks_for(as_owner, finished):
    panel = text_of(as_owner.get(url("job", finished), headers={"HX-Request": "true"}))
    assert "data-result" in panel
    assert "<html" not in panel


def test_the_download_has_a_name_to_find_again(as_owner, finished):
    answer = as_owner.get(url("job_download", finished))
    assert quote("건어물-대박-세일_1080x1080.png") in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("copy", "name"),
    [
        ("건어물 대박 세일", "건어물-대박-세일_1080x1080.png"),
        ("", "광고_1080x1080.png"),
        ('1/2 "가격"', "1-2-가격_1080x1080.png"),
        ("..", "광고_1080x1080.png"),
    ],
)
def test_file_names_suit_every_system(submit, make_ad, copy, name):
    assert download_name(submit(make_ad(ad_text=copy))) == name


def test_a_picture_is_private_and_not_sent_twice(as_owner, finished):
    first = as_owner.get(url("job_result", finished))
    assert first["Cache-Control"].startswith("private")
    again = as_owner.get(url("job_result", finished), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_an_address_that_names_its_version_may_be_kept_for_ever(as_owner, finished):
    stages = as_owner.get(url("job_state", finished)).json()["stages"]
    assert "immutable" in as_owner.get(stages[0]["image_url"])["Cache-Control"]
    assert "immutable" not in as_owner.get(url("job_stage", finished, 1))["Cache-Control"]


def test_new_words_make_a_new_ad_with_the_same_scene(as_owner, finished, burst):
    answer = as_owner.post(url("job_copy", finished), {"ad_text": "오늘만 반값"})
    new = Job.objects.exclude(pk=finished.pk).get()
    assert answer["Location"] == url("job", new)
    assert new.ad.ad_text == "오늘만 반값"
    assert new.ad.seed == finished.ad.seed
    assert new.ad.variant_group == finished.ad.variant_group


def test_bad_new_words_are_refused_on_the_result(as_owner, finished):
    answer = as_owner.post(url("job_copy", finished), {"ad_text": "가" * 21})
    assert answer.status_code == 422
    assert "20자까지" in text_of(answer)
    assert Job.objects.count() == 1


def test_again_takes_another_seed(as_owner, finished):
    as_owner.post(url("job_again", finished))
    new = Job.objects.exclude(pk=finished.pk).get()
    assert new.ad.seed != finished.ad.seed
    assert new.ad.ad_text == finished.ad.ad_text


def test_a_failure_is_a_sentence_and_a_way_on(as_owner, job):
    Job.objects.filter(pk=job.pk).update(
        status=Job.Status.FAILED, error_code="no_product_found", error_detail="Traceback: secret"
    )
    page = text_of(as_owner.get(url("job", job)))
    assert "상품을 찾지 못했" in page
    assert "secret" not in page
    assert url("job_resume", job) not in page  # the photo has to change first
    assert reverse("generation:new_ad") + f"?from={job.ad_id}" in page
    by_finger = reverse("generation:touch_up", args=[job.ad.photo_id]) + f"?ad={job.ad_id}"
    assert by_finger in page


def test_a_failure_of_ours_can_be_resumed(as_owner, job):
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED, error_code="out_of_memory")
    page = text_of(as_owner.get(url("job", job)))
    assert url("job_resume", job) in page
    assert "touch-up" not in page


def test_a_viewer_sees_the_result_and_no_buttons(as_viewer, finished):
    page = text_of(as_viewer.get(url("job", finished)))
    assert url("job_download", finished) in page
    for action in ("job_copy", "job_again", "job_stop"):
        assert url(action, finished) not in page
