"""The form: what it makes, what it refuses and says, what it keeps."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from campaigns.models import Ad, ProductPhoto
from generation.models import Job
from generation.pipeline.glyphs.faces import faces
from tests.conftest import product_jpeg

NEW = reverse("generation:new_ad")


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_photo_and_a_line_become_a_job(as_owner, wishes, photo_upload):
    answer = as_owner.post(NEW, wishes | {"photo": photo_upload})
    job = Job.objects.get()
    assert answer["Location"] == reverse("generation:job", args=[job.pk])
    assert job.ad.ad_text == "건어물 대박 세일"
    assert job.ad.photo.original_name == "건어물.jpg"


def test_a_photo_sent_ahead_needs_only_its_number(as_owner, wishes, photo_upload):
    sent = as_owner.post(reverse("campaigns:upload"), {"photo": photo_upload}).json()
    assert as_owner.get(sent["url"])["Content-Type"] == "image/webp"
    as_owner.post(NEW, wishes | {"photo_id": sent["id"]})
    assert Ad.objects.get().photo_id == sent["id"]


def test_the_same_photo_twice_is_stored_once(as_owner, wishes):
    for key in ("a", "b"):
        upload = SimpleUploadedFile("p.jpg", product_jpeg(), "image/jpeg")
        as_owner.post(NEW, wishes | {"photo": upload, "form_key": key})
    assert ProductPhoto.objects.count() == 1
    assert Ad.objects.count() == 2


def test_an_ad_without_a_photo_is_allowed(as_owner, wishes):
    assert as_owner.post(NEW, wishes).status_code == 302
    assert Ad.objects.get().photo is None


def test_neither_photo_nor_copy_is_refused(as_owner, wishes):
    answer = as_owner.post(NEW, wishes | {"ad_text": " "})
    assert answer.status_code == 422
    assert "사진이나 문구 가운데 하나는" in text_of(answer)


def test_a_double_click_makes_one_ad(as_owner, wishes):
    first, second = as_owner.post(NEW, wishes), as_owner.post(NEW, wishes)
    assert first["Location"] == second["Location"]
    assert Ad.objects.count() == Job.objects.count() == 1


def test_a_font_is_chosen_by_its_picture_and_reaches_the_job(as_owner, wishes):
    page = text_of(as_owner.get(NEW))
    assert all(f"font-{offered.key}" in page for offered in faces())
    as_owner.post(NEW, wishes | {"font": "gugi"})
    job = Job.objects.get()
    assert (job.ad.font, job.parameters["font"]) == ("gugi", "gugi")


def test_without_a_choice_the_style_chooses_the_font(as_owner, wishes):
    as_owner.post(NEW, wishes)
    job = Job.objects.get()
    assert (job.ad.font, job.parameters["font"]) == ("", None)


def test_a_font_that_is_not_offered_is_refused_beside_its_field(as_owner, wishes):
    answer = as_owner.post(NEW, wishes | {"font": "../../etc/passwd"})
    assert answer.status_code == 422
    assert "목록에서 하나를 골라 주세요" in text_of(answer)
    assert not Ad.objects.exists()


def test_going_back_and_changing_a_wish_makes_another_ad(as_owner, wishes):
    first = as_owner.post(NEW, wishes)
    second = as_owner.post(NEW, wishes | {"format": "4:5"})
    assert first["Location"] != second["Location"]


REFUSED_COPY = [
    ("가" * 21, "20자까지"),
    ("대박\u200b세일", "보이지 않는 문자"),
    ("\u202e일세", "보이지 않는 문자"),
    ("대박\x07", "보이지 않는 문자"),
    ("대박ㅤ세일", "보이지 않는 문자"),
    ("대박 😀", "‘😀’"),
    ("가족 👨‍👩‍👧", "‘👨‍👩‍👧’"),
]


@pytest.mark.parametrize(("copy", "said"), REFUSED_COPY)
def test_a_copy_that_cannot_be_written_is_refused_beside_its_field(as_owner, wishes, copy, said):
    answer = as_owner.post(NEW, wishes | {"ad_text": copy})
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors["ad_text"])
    assert not Ad.objects.exists()


WRITTEN_COPY = [
    ("가" * 20, "가" * 20),
    ("\u1100\u1161" * 20, "가" * 20),  # conjoining jamo: twenty characters to a person
    ("  건어물   세일 ", "건어물 세일"),
    ("50% 할인!", "50% 할인!"),
]


@pytest.mark.parametrize(("typed", "kept"), WRITTEN_COPY)
def test_a_copy_is_counted_and_tidied_as_a_person_would(as_owner, wishes, typed, kept):
    assert as_owner.post(NEW, wishes | {"ad_text": typed}).status_code == 302
    assert Ad.objects.get().ad_text == kept


@pytest.mark.parametrize(
    "field",
    ["background_style", "text_style", "text_position", "composition_mode", "format"],
)
def test_a_choice_that_is_not_offered_is_refused(as_owner, wishes, field):
    answer = as_owner.post(NEW, wishes | {field: "no-such-thing"})
    assert answer.status_code == 422
    assert "목록에서 하나를" in text_of(answer)
    assert not Ad.objects.exists()


def test_an_error_keeps_everything_typed_and_the_photo(as_owner, wishes, photo_upload):
    sent = wishes | {"ad_text": "가" * 21, "format": "9:16", "text_style": "metal"}
    answer = as_owner.post(NEW, sent | {"photo": photo_upload})
    photo = ProductPhoto.objects.get()
    page = text_of(answer)
    assert f'name="photo_id" value="{photo.pk}"' in page
    assert reverse("campaigns:photo", args=[photo.pk]) in page
    assert "가" * 21 in page
    assert 'value="9:16" checked' in page
    assert 'value="metal" checked' in page


REFUSED_PHOTOS = [
    (b"", "빈 파일"),
    (b"just some words", "쓸 수 없어요"),
    (product_jpeg()[:4000], "끝까지 저장되지 않은"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "쓸 수 없어요"),
    (product_jpeg() + b"\0" * (10 * 1024 * 1024), "10MB 이하"),
]


@pytest.mark.parametrize(("content", "said"), REFUSED_PHOTOS)
def test_a_bad_photo_is_refused_beside_its_field_and_not_stored(as_owner, wishes, content, said):
    upload = SimpleUploadedFile("상품.png", content, "image/png")
    answer = as_owner.post(NEW, wishes | {"photo": upload})
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors["photo"])
    assert 'value="건어물 대박 세일"' in text_of(answer)
    assert not ProductPhoto.objects.exists()
    assert not Ad.objects.exists()


@pytest.mark.parametrize(("content", "said"), REFUSED_PHOTOS)
def test_a_bad_photo_sent_ahead_is_refused_in_words(as_owner, content, said):
    upload = SimpleUploadedFile("상품.png", content, "image/png")
    answer = as_owner.post(reverse("campaigns:upload"), {"photo": upload})
    assert answer.status_code == 422
    assert said in answer.json()["message"]
    assert not ProductPhoto.objects.exists()


def test_another_teams_photo_is_not_taken_over(as_owner, wishes, outsider):
    from campaigns.services import store_photo

    upload = SimpleUploadedFile("p.jpg", product_jpeg(), "image/jpeg")
    foreign = store_photo(team=outsider.teams.get(), by=outsider, upload=upload)
    as_owner.post(NEW, wishes | {"photo_id": foreign.pk})
    assert Ad.objects.get().photo is None


def test_over_quota_says_so_and_makes_no_ad(as_owner, wishes, settings):
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 1
    as_owner.post(NEW, wishes)
    answer = as_owner.post(NEW, wishes | {"ad_text": "하나 더"})
    assert answer.status_code == 422
    assert "한 번에 1개까지" in text_of(answer)
    assert Ad.objects.count() == 1


def test_another_style_starts_from_the_old_ad(as_owner, make_ad):
    ad = make_ad(format="9:16", text_style="metal")
    page = text_of(as_owner.get(NEW, {"from": ad.pk}))
    assert 'value="건어물 대박 세일"' in page
    assert 'value="9:16" checked' in page
    assert f'name="photo_id" value="{ad.photo_id}"' in page


def test_a_viewer_is_told_that_they_may_only_look(as_viewer, wishes):
    for answer in (as_viewer.get(NEW), as_viewer.post(NEW, wishes)):
        assert answer.status_code == 403
        assert "볼 수만 있어요" in text_of(answer)
    assert not Ad.objects.exists()


def test_a_body_larger_than_any_form_is_a_413(as_owner):
    answer = as_owner.post(NEW, b"x" * (16 * 1024 * 1024), content_type="application/octet-stream")
    assert answer.status_code == 413
    assert "너무 커요" in text_of(answer)


def test_colours_and_a_small_line_become_part_of_the_ad(as_owner, wishes):
    as_owner.post(NEW, wishes | {"palette": "cool", "subtext": " 6월 1일까지  · 2,500원"})
    ad = Ad.objects.get()
    assert (ad.palette, ad.subtext) == ("cool", "6월 1일까지 · 2,500원")
    again = text_of(as_owner.get(NEW, {"from": ad.pk}))
    assert "6월 1일까지 · 2,500원" in again
    assert 'value="cool" checked' in again


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"subtext": "가" * 25}, "24자까지"),
        ({"subtext": "2,500원 🎉"}, "🎉"),
        ({"subtext": "2,500원", "ad_text": ""}, "광고 문구와 함께"),
        ({"palette": "rainbow"}, "목록에서 하나를"),
        ({"format": "3:7"}, "목록에서 하나를"),
    ],
)
def test_what_cannot_be_made_is_said_at_its_field(as_owner, wishes, changed, said):
    answer = as_owner.post(NEW, wishes | changed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Ad.objects.exists()


@pytest.mark.parametrize("copy", ["뺄", "12345", "SALE", "50%", "넓은 글자 스무 자를 꽉 채운 말"])
def test_short_long_and_foreign_copy_is_taken(as_owner, wishes, copy):
    assert as_owner.post(NEW, wishes | {"ad_text": copy}).status_code == 302
    assert Ad.objects.get().ad_text == copy
