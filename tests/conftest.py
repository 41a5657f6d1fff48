"""Real services for every test, and three fixed people: owner, team mate, outsider."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image, ImageDraw

from accounts.models import Membership, Team, User
from campaigns.models import ProductPhoto
from nanococoa.redis_server import EmbeddedRedis

# Those that take longest, or wait for much, first: whoever is free at the end of the suite then
# finds something short to do, instead of watching another worker do the longest. Folders stay
# together, so that a site that serves a whole folder is started once per worker.
FIRST = ("faults", "browser", "nanococoa", "programs", "deployment")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by folder; the order within one is kept (stable)."""
    tests = Path(__file__).parent
    place = {tests / folder: number for number, folder in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path.parent, len(FIRST)))


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[EmbeddedRedis]:
    """The embedded Redis, started the way the supervisor starts it."""
    server = EmbeddedRedis(settings.DATA_DIR)
    if server.url == settings.REDIS_URL:
        server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """One round instead of a million: making people took a fifth of the suite's time.

    The format is the same, so that a site in a process of its own lets them in.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield


@pytest.fixture
def empty_redis(redis_server: EmbeddedRedis) -> redis.Redis:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    return client


@pytest.fixture(autouse=True)
def _clean_cache(redis_server: EmbeddedRedis) -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _media_of_its_own(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def database_url() -> str:
    """The address under which another process finds this run's test database."""
    settings_dict = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings_dict['NAME']}"
    user, host = settings_dict.get("USER") or "", settings_dict.get("HOST") or ""
    password = f":{settings_dict['PASSWORD']}" if settings_dict.get("PASSWORD") else ""
    port = settings_dict.get("PORT") or 5432
    return f"postgres://{user}{password}@{host}:{port}/{settings_dict['NAME']}"


@pytest.fixture
def process_environment(transactional_db, settings) -> dict[str, str]:
    """The environment in which a real process sees this test's database, Redis and files."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "PYTHONPATH": str(settings.BASE_DIR),
        "DJANGO_SETTINGS_MODULE": "nanococoa.settings",
    }


def make_team(user: User, name: str) -> Team:
    team = Team.objects.create(name=name)
    Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
    return team


@pytest.fixture
def owner(db) -> User:
    return User.objects.create_user("owner@example.com", "seafood-market-1")


@pytest.fixture
def team(owner: User) -> Team:
    return make_team(owner, "바다상회")


@pytest.fixture
def team_mate(team: Team) -> User:
    user = User.objects.create_user("mate@example.com", "seafood-market-2")
    Membership.objects.create(team=team, user=user, role=Membership.Role.EDITOR)
    return user


@pytest.fixture
def viewer(team: Team) -> User:
    user = User.objects.create_user("viewer@example.com", "seafood-market-4")
    Membership.objects.create(team=team, user=user, role=Membership.Role.VIEWER)
    return user


@pytest.fixture
def outsider(db) -> User:
    user = User.objects.create_user("outsider@example.com", "seafood-market-3")
    make_team(user, "남의 가게")
    return user


def product_jpeg(colour: tuple[int, int, int] = (190, 60, 40), size: int = 640) -> bytes:
    """A shaded round product on a pale, slightly uneven table."""
    image = Image.linear_gradient("L").resize((size, size)).point(lambda v: 205 + v // 8)
    photo = Image.merge("RGB", (image, image, image.point(lambda v: v - 6)))
    draw = ImageDraw.Draw(photo)
    for step in range(40):
        inset = size * (0.2 + 0.004 * step)
        shade = tuple(min(255, channel + step) for channel in colour)
        draw.ellipse((inset, inset, size - inset, size - inset), fill=shade)
    out = BytesIO()
    photo.save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.fixture
def photo_upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("건어물.jpg", product_jpeg(), "image/jpeg")


@pytest.fixture
def photo(team: Team, owner: User) -> ProductPhoto:
    from campaigns.services import store_photo

    upload = SimpleUploadedFile("건어물.jpg", product_jpeg(), "image/jpeg")
    return store_photo(team=team, by=owner, upload=upload)
