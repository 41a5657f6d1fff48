"""Make a site ready to start: the database reachable and migrated, the demo account there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from generation.demo import ensure_demo_user, ensure_sample_ads


class Command(BaseCommand):
    help = "Migrates the database; with --demo also makes the demo account and its sample ads."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        database = settings.DATABASES["default"]
        where = database.get("HOST") or database["NAME"]
        try:
            connection.ensure_connection()
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(
                f"데이터베이스를 열 수 없어요: {where} ({reason}). DATABASE_URL을 확인해 주세요."
            ) from error
        if options["demo"] and settings.LOCAL:
            ensure_sample_ads(ensure_demo_user())
