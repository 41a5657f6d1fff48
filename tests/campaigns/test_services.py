"""Photos and ads: stored once, copied with their scene, published with a thumbnail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from campaigns.ad_text import CopyRefused
from campaigns.intake import PhotoRefused
from campaigns.models import Ad, Campaign, ProductPhoto
from campaigns.services import copy_ad, create_ad, prune_photos, publish_result, store_photo
from generation.pipeline.errors import UnknownChoice
from tests.conftest import product_jpeg

WISHES = {"background_style": "market", "text_style": "metal"}


@pytest.fixture
def ad(team, owner, photo) -> Ad:
    return create_ad(team=team, by=owner, photo=photo, ad_text="대박", **WISHES)


def test_a_stored_photo_forgets_its_path_and_keeps_its_name(team, owner):
    upload = SimpleUploadedFile("../../etc/상품.jpg", product_jpeg(), "image/jpeg")
    photo = store_photo(team=team, by=owner, upload=upload)
    assert photo.original_name == "상품.jpg"
    assert photo.image.name.startswith(f"photos/{team.pk}/")
    assert "상품" not in photo.image.name


def test_two_teams_with_the_same_photo_share_nothing(team, owner, outsider):
    content = product_jpeg()
    photos = [
        store_photo(team=its, by=by, upload=SimpleUploadedFile("p.jpg", content))
        for its, by in ((team, owner), (outsider.teams.get(), outsider))
    ]
    assert photos[0].pk != photos[1].pk
    assert photos[0].image.name != photos[1].image.name


def test_a_refused_photo_leaves_nothing(team, owner):
    with pytest.raises(PhotoRefused):
        store_photo(team=team, by=owner, upload=SimpleUploadedFile("p.jpg", b"no picture"))
    assert not ProductPhoto.objects.exists()


def test_the_first_ad_makes_the_teams_campaign_and_the_second_joins_it(ad, team, owner):
    create_ad(team=team, by=owner, photo=None, ad_text="하나 더", **WISHES)
    assert Campaign.objects.for_team(team).get().ads.count() == 2


@pytest.mark.parametrize("wrong", ["background_style", "text_style", "format", "palette"])
def test_an_unknown_choice_makes_no_ad(team, owner, wrong):
    with pytest.raises(UnknownChoice):
        create_ad(team=team, by=owner, photo=None, ad_text="대박", **WISHES | {wrong: "none"})
    assert not Ad.objects.exists()


def test_the_words_are_judged_whoever_asks(team, owner, ad):
    with pytest.raises(CopyRefused):
        create_ad(team=team, by=owner, photo=None, ad_text="가" * 21, **WISHES)
    with pytest.raises(CopyRefused):
        copy_ad(ad=ad, by=owner, ad_text="대박\u200b")
    assert Ad.objects.count() == 1


def test_a_copy_keeps_the_scene_and_changes_what_is_asked(ad, owner):
    copy = copy_ad(ad=ad, by=owner, ad_text="새 문구")
    assert (copy.seed, copy.photo, copy.variant_group) == (ad.seed, ad.photo, ad.variant_group)
    assert copy.ad_text == "새 문구"
    assert not copy.image


def test_publishing_keeps_the_picture_and_a_small_one(ad, tmp_path):
    path = tmp_path / "final.png"
    Image.new("RGB", (1080, 1350), (200, 90, 40)).save(path)
    publish_result(ad=ad, image_path=path)
    ad.refresh_from_db()
    with Image.open(ad.thumbnail.path) as small:
        assert small.format == "WEBP"
        assert max(small.size) == 480
    assert ad.image.read() == path.read_bytes()


@pytest.mark.django_db(transaction=True)
def test_publishing_again_removes_the_older_picture(ad, tmp_path):
    path = tmp_path / "final.png"
    Image.new("RGB", (64, 64)).save(path)
    publish_result(ad=ad, image_path=path)
    old = ad.image.path
    publish_result(ad=ad, image_path=path)
    ad.refresh_from_db()
    assert ad.image.path != old
    assert not Path(old).exists()


def test_pruning_removes_only_photos_that_became_no_ad_in_a_day(owner, team, photo) -> None:
    used = photo
    unused, fresh = (
        store_photo(
            team=team,
            by=owner,
            upload=SimpleUploadedFile("p.jpg", product_jpeg(colour), "image/jpeg"),
        )
        for colour in ((20, 90, 160), (30, 140, 60))
    )
    create_ad(team=team, by=owner, photo=used, ad_text="세일", **WISHES)
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    ProductPhoto.objects.filter(pk__in=(used.pk, unused.pk)).update(created_at=yesterday)
    assert prune_photos() == 1
    assert set(ProductPhoto.objects.all()) == {used, fresh}
    assert not unused.image.storage.exists(unused.image.name)
    assert used.image.storage.exists(used.image.name)


@pytest.mark.parametrize(
    ("subtext", "code"),
    [
        ("가" * 25, "too_long"),
        ("2,500원 🎉", "glyph_missing"),
        ("세일\u200b", "hidden_character"),
    ],
)
def test_a_small_line_that_cannot_be_written_makes_no_ad(team, owner, subtext, code):
    with pytest.raises(CopyRefused) as refused:
        create_ad(team=team, by=owner, photo=None, ad_text="대박", subtext=subtext, **WISHES)
    assert refused.value.code == code
    assert not Ad.objects.exists()


def test_a_small_line_is_tidied_and_needs_a_headline(team, owner):
    made = create_ad(
        team=team,
        by=owner,
        photo=None,
        ad_text="대박",
        subtext=" 6월  1일까지 · 2,500원 ",
        **WISHES,
    )
    assert made.subtext == "6월 1일까지 · 2,500원"
    with pytest.raises(CopyRefused) as refused:
        create_ad(team=team, by=owner, photo=None, ad_text="", subtext="2,500원", **WISHES)
    assert refused.value.code == "alone"


def test_a_copy_in_another_format_keeps_its_words_colours_and_group(team, owner):
    first = create_ad(
        team=team, by=owner, photo=None, ad_text="대박", subtext="2,500원", palette="cool", **WISHES
    )
    other = copy_ad(ad=first, by=owner, format="16:9")
    assert (other.subtext, other.palette, other.seed) == ("2,500원", "cool", first.seed)
    assert other.variant_group == first.variant_group
    with pytest.raises(UnknownChoice):
        copy_ad(ad=first, by=owner, format="3:7")
