"""Who uses the site, and which team owns what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class EmailUserManager(UserManager["User"]):
    """Creates users by e-mail address; there is no user name."""

    def _make(self, email: str, password: str | None, **fields: Any) -> User:
        if not email:
            raise ValueError("an e-mail address is required")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(  # type: ignore[override]
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        return self._make(email, password, **fields)

    def create_superuser(  # type: ignore[override]
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        return self._make(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person, known by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("이메일"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = EmailUserManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("사용자")
        verbose_name_plural = _("사용자")

    def __str__(self) -> str:
        return self.email

    @cached_property
    def can_make(self) -> bool:
        """Whether there is a team to make ads in; whoever has no team at all is given one."""
        memberships = list(self.memberships.all())
        return not memberships or any(one.can_edit for one in memberships)

    @cached_property
    def has_many_teams(self) -> bool:
        return self.memberships.count() > 1


class Team(models.Model):
    """The owner of photos, ads and jobs. Signing up makes a team of one."""

    name = models.CharField(_("이름"), max_length=80)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    # Counted up to change the secret that signs the team's webhooks.
    webhook_generation = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("팀")
        verbose_name_plural = _("팀")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's place in a team. Viewers see; editors also make, stop and delete."""

    class Role(models.TextChoices):
        OWNER = "owner", _("소유자")
        EDITOR = "editor", _("편집자")
        VIEWER = "viewer", _("열람자")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("역할"), max_length=10, choices=Role, default=Role.EDITOR)
    # Of several teams, new ads go to the one that was chosen last.
    chosen_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("팀원")
        verbose_name_plural = _("팀원")
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="one_membership_per_team"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.team} · {self.get_role_display()}"

    @property
    def can_edit(self) -> bool:
        """Whether this member may make, stop and delete."""
        return self.role in (self.Role.OWNER, self.Role.EDITOR)


class Invitation(models.Model):
    """A link that makes one person a member of a team, once, until it expires or is withdrawn.

    Only the SHA-256 digest of the link's text is kept, as of an API key's.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(_("역할"), max_length=10, choices=Membership.Role)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(_("만료"))

    class Meta:
        verbose_name = _("초대")
        verbose_name_plural = _("초대")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.team} · {self.get_role_display()}"


class ApiToken(models.Model):
    """A key with which a program acts as its user, in one team, within its scope.

    Only the SHA-256 digest is kept: 256 random bits need no slow hash. `prefix` is the part that
    people see again. A scope includes the ones before it.
    """

    class Scope(models.TextChoices):
        READ = "read", _("보기")
        GENERATE = "generate", _("보고 만들기")
        ADMIN = "admin", _("만들고 지우기")

        def includes(self, other: str) -> bool:
            order = list(type(self))
            return order.index(self) >= order.index(type(self)(other))

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("이름"), max_length=60)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(_("할 수 있는 일"), max_length=10, choices=Scope, default=Scope.READ)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(_("만료"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API 키")
        verbose_name_plural = _("API 키")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_good(self, now: datetime | None = None) -> bool:
        """Whether it still opens the door."""
        now = now or timezone.now()
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
