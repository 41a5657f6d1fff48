"""Campaigns, photos and ads, for the people who run the site."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .choices import face_name
from .models import Ad, Campaign, ProductPhoto


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "team", "created_at")
    search_fields = ("name", "team__name")
    autocomplete_fields = ("team",)


@admin.register(ProductPhoto)
class ProductPhotoAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("__str__", "team", "width", "height", "created_by", "created_at")
    search_fields = ("original_name", "team__name", "sha256")
    list_select_related = ("team", "created_by")
    readonly_fields = (
        *("team", "image", "sha256", "width", "height"),
        *("original_name", "created_by", "created_at"),
    )

    def has_add_permission(self, *_args: object) -> bool:
        return False


@admin.register(Ad)
class AdAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        *("picture", "__str__", "team", "background_style", "text_style", "typeface"),
        "created_at",
    )
    list_display_links = ("picture", "__str__")
    list_filter = ("background_style", "text_style", "font", "format", "created_at")
    search_fields = ("ad_text", "team__name", "created_by__email")
    list_select_related = ("team",)
    raw_id_fields = ("team", "campaign", "photo", "created_by")
    readonly_fields = ("image", "thumbnail", "variant_group", "created_at")

    @admin.display(description=_("그림"))
    def picture(self, ad: Ad) -> SafeString | str:
        """The stored thumbnail, as the team's own pages show it, read through the admin."""
        if not ad.thumbnail:
            return "—"
        return format_html('<a href="{}">{}</a>', f"{ad.pk}/change/", _("보기"))

    @admin.display(description=_("글꼴"), ordering="font")
    def typeface(self, ad: Ad) -> str:
        """The font that was asked for."""
        return face_name(ad.font) if ad.font else str(_("자동"))

    def has_add_permission(self, *_args: object) -> bool:
        return False
