"""What a team makes: campaigns, product photos, ads."""

from __future__ import annotations

import uuid
from typing import Final

from django.apps import apps
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.querysets import TeamOwnedQuerySet
from generation.pipeline import catalog
from generation.pipeline.errors import UnknownChoice

from .files import file_name_of, version_of


def photo_path(photo: ProductPhoto, filename: str) -> str:
    """A random name: what the merchant's file was called is never part of a path."""
    return f"photos/{photo.team_id}/{uuid.uuid4().hex}.{filename.rpartition('.')[2]}"


def ad_image_path(ad: Ad, filename: str) -> str:
    return f"ads/{ad.team_id}/{uuid.uuid4().hex}.{filename.rpartition('.')[2]}"


class Campaign(models.Model):
    """A named group of ads. Every team has one to begin with."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="campaigns")
    name = models.CharField(_("이름"), max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamOwnedQuerySet["Campaign"].as_manager()

    class Meta:
        verbose_name = _("캠페인")
        verbose_name_plural = _("캠페인")
        constraints = [
            models.UniqueConstraint(
                "team",
                Lower("name"),
                name="one_campaign_of_a_name",
                violation_error_message=_("이름이 같은 캠페인이 이미 있어요."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductPhoto(models.Model):
    """A photo as the safe intake left it: upright, sRGB, no metadata.

    One that was cut out by hand is a photo of its own, with alpha, and knows where it came from.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="photos")
    image = models.FileField(upload_to=photo_path)
    sha256 = models.CharField(max_length=64, db_index=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    original_name = models.CharField(max_length=200, blank=True)
    cut_from = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="cut_outs",
        verbose_name=_("오려 내기 전 사진"),
    )
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamOwnedQuerySet["ProductPhoto"].as_manager()

    class Meta:
        verbose_name = _("상품 사진")
        verbose_name_plural = _("상품 사진")

    def __str__(self) -> str:
        return self.original_name or f"photo {self.pk}"

    @property
    def preview_url(self) -> str:
        """The small picture's address; it names the version, so a browser may keep it for ever."""
        version = version_of(str(self.image.name))
        return f"{reverse('campaigns:photo', args=[self.pk])}?v={version}"


# What ads have in common that differ in their format alone; the photo, which may be none, besides.
ALIKE: Final = (
    *("team", "variant_group", "ad_text", "subtext", "background_style", "text_style", "palette"),
    *("font", "text_position", "composition_mode", "background_words", "text_words", "seed"),
)


class AdQuerySet(TeamOwnedQuerySet["Ad"]):
    """Reads of ads."""

    def listed(self) -> AdQuerySet:
        """Ads that nobody has put in the bin."""
        return self.filter(deleted_at__isnull=True)

    def newest_first(self) -> AdQuerySet:
        """Newest first, in the order that keyset paging relies on."""
        return self.order_by("-created_at", "-pk")

    def with_sizes(self) -> AdQuerySet:
        """Adds `sizes`, in how many formats the ad is listed."""
        alike = Ad.objects.listed().as_the_outer().order_by().values("variant_group")
        counted = alike.annotate(n=models.Count("format", distinct=True)).values("n")
        return self.annotate(sizes=models.Subquery(counted))

    def first_of_each(self) -> AdQuerySet:
        """Of ads that differ in their format alone, only the one that was made first."""
        return self.exclude(models.Exists(self.as_the_outer().filter(pk__lt=models.OuterRef("pk"))))

    def as_the_outer(self) -> AdQuerySet:
        """Return those of these that are as the outer query's ad but for the format."""
        same = {name: models.OuterRef(name) for name in ALIKE}
        # None equals nothing in SQL; of ads made from one another none has a photo, or all have.
        photo = models.Q(photo=models.OuterRef("photo")) | models.Q(photo=None)
        return self.filter(photo, **same)

    def alike(self, ad: Ad) -> AdQuerySet:
        """Return the ad and those that differ from it in their format alone."""
        same = {name: getattr(ad, name) for name in ALIKE if name != "team"}
        return self.filter(team=ad.team_id, photo=ad.photo_id, **same)

    def with_last_job(self) -> AdQuerySet:
        """Adds what a list says about the latest job: `job_id`, `job_status`, `job_percent`."""
        # By name: jobs know ads, not the other way round.
        jobs = apps.get_model("generation", "Job").objects.filter(ad=models.OuterRef("pk"))
        last = jobs.order_by("-created_at")
        return self.select_related("photo", "team").annotate(
            job_id=models.Subquery(last.values("pk")[:1]),
            job_status=models.Subquery(last.values("status")[:1]),
            job_percent=models.Subquery(last.values("progress_percent")[:1]),
        )


class Ad(models.Model):
    """One ad to be: what was asked, and the picture once there is one.

    Style, format and font keys are those of `generation.pipeline.catalog`. Ads made from one
    another (other copy, other style) share a `variant_group`.
    """

    class TextPosition(models.TextChoices):
        AUTO = "auto", _("자동")
        TOP = "top", _("위")
        CENTER = "center", _("가운데")
        BOTTOM = "bottom", _("아래")

    class CompositionMode(models.TextChoices):
        OVERLAY = "overlay", _("위에 얹기")
        BLEND = "blend", _("스며들기")
        BEHIND = "behind", _("상품 뒤로")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="ads")
    # Restricted: only an empty campaign is deleted, unless its whole team is.
    campaign = models.ForeignKey(Campaign, on_delete=models.RESTRICT, related_name="ads")
    photo = models.ForeignKey(
        ProductPhoto, on_delete=models.PROTECT, null=True, blank=True, related_name="ads"
    )
    ad_text = models.CharField(_("문구"), max_length=200, blank=True)
    background_style = models.CharField(_("배경"), max_length=40)
    text_style = models.CharField(_("글자"), max_length=40)
    text_position = models.CharField(
        _("글자 위치"), max_length=10, choices=TextPosition, default=TextPosition.AUTO
    )
    composition_mode = models.CharField(
        _("합성 방식"), max_length=10, choices=CompositionMode, default=CompositionMode.OVERLAY
    )
    format = models.CharField(_("규격"), max_length=20, default="1:1")
    font = models.CharField(_("글꼴"), max_length=60, blank=True)
    palette = models.CharField(_("색"), max_length=20, default="auto")
    subtext = models.CharField(_("작은 문구"), max_length=200, blank=True)
    # The merchant's own descriptions, in any language; they go before the styles.
    background_words = models.TextField(_("배경 설명"), max_length=2000, blank=True)
    text_words = models.TextField(_("글자 설명"), max_length=2000, blank=True)
    seed = models.PositiveIntegerField(default=0)
    variant_group = models.UUIDField(default=uuid.uuid4, db_index=True)

    image = models.FileField(upload_to=ad_image_path, blank=True)
    thumbnail = models.FileField(upload_to=ad_image_path, blank=True)

    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AdQuerySet.as_manager()

    class Meta:
        verbose_name = _("광고")
        verbose_name_plural = _("광고")
        indexes = [
            models.Index(fields=["team", "-created_at", "-id"], name="ad_gallery"),
        ]

    def __str__(self) -> str:
        return self.ad_text or f"ad {self.pk}"

    @property
    def frame(self) -> tuple[int, int]:
        """Width and height in pixels; a square for a format no longer offered."""
        try:
            frame = catalog.frame_format(self.format)
        except UnknownChoice:
            return 1080, 1080
        return frame.width, frame.height

    @property
    def file_name(self) -> str:
        """Under which the finished picture is saved and shared."""
        return file_name_of(self.ad_text, self.frame)

    @property
    def image_url(self) -> str:
        version = version_of(str(self.image.name))
        return f"{reverse('campaigns:ad_image', args=[self.pk])}?v={version}"

    @property
    def thumbnail_url(self) -> str:
        """The thumbnail's address; it names the version, so a browser may keep it for ever."""
        version = version_of(str(self.thumbnail.name))
        return f"{reverse('campaigns:ad_thumbnail', args=[self.pk])}?v={version}"
