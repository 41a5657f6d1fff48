"""Users and teams, for the people who run the site."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import Membership, Team, User
from .services import create_team_for

admin.site.site_header = _("nanoCocoa 관리")
admin.site.site_title = _("nanoCocoa 관리")
admin.site.index_title = _("한눈에 보기")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ("user", "team")
    verbose_name_plural = _("팀원")


class EmailUserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class EmailUserAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's own user admin, without the user name."""

    add_form = EmailUserCreationForm
    ordering = ("-date_joined",)
    list_display = ("email", "date_joined", "last_login", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "date_joined")
    search_fields = ("email", "first_name", "last_name", "teams__name")
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("이름"), {"fields": ("first_name", "last_name")}),
        (_("권한"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("때"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm[User], formsets: object, change: bool
    ) -> None:
        """A user made here gets a team of one, as by signing up, unless put into a team at once."""
        super().save_related(request, form, formsets, change)
        if not change and not form.instance.memberships.exists():
            create_team_for(form.instance)


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "member_count", "ad_count", "created_at")
    search_fields = ("name", "members__email")
    ordering = ("-created_at",)
    inlines = (MembershipInline,)
    readonly_fields: ClassVar = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        counts = {
            "people": Count("memberships", distinct=True),
            "made": Count("ads", distinct=True),
        }
        rows: QuerySet[Team] = super().get_queryset(request)
        return rows.annotate(**counts)

    @admin.display(description=_("팀원"), ordering="people")
    def member_count(self, team: Team) -> int:
        return int(getattr(team, "people", 0))

    @admin.display(description=_("광고"), ordering="made")
    def ad_count(self, team: Team) -> int:
        return int(getattr(team, "made", 0))
