"""`make ad`: one ad from the terminal, through the same services, queue and worker as the page."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from accounts.models import Team, User
from campaigns.ad_text import CopyRefused, clean_ad_text, clean_subtext
from campaigns.intake import PhotoRefused
from campaigns.models import Ad
from campaigns.services import create_ad, store_photo
from generation.background_processes import BackgroundProcesses
from generation.demo import ensure_demo_user
from generation.errors import GenerationRefused, sentence
from generation.live import snapshot
from generation.models import Job
from generation.pipeline import catalog
from generation.pipeline.errors import UnknownChoice
from generation.pipeline.glyphs.faces import face, faces
from generation.presentation import download_name
from generation.proof import proof_lines
from generation.services import stop_job, submit_job

POLL_SECONDS: Final = 0.2


class Command(BaseCommand):
    help = "Makes one ad and saves it as a PNG."

    def add_arguments(self, parser: CommandParser) -> None:
        given = os.environ.get
        parser.add_argument("--photo", default=given("AD_PHOTO", ""), help="JPG, PNG, WebP, HEIC")
        parser.add_argument("--copy", default=given("AD_COPY", ""), help="문구, 20자까지")
        parser.add_argument("--background", default=given("AD_BACKGROUND") or "market")
        parser.add_argument("--text", default=given("AD_TEXT") or "gold_balloon")
        parser.add_argument("--font", default=given("AD_FONT", ""), help="jua, gugi, …")
        parser.add_argument("--format", default=given("AD_FORMAT") or "1:1")
        parser.add_argument(
            "--subtext", default=given("AD_SUBTEXT", ""), help="가격, 기간, 24자까지"
        )
        parser.add_argument("--palette", default=given("AD_PALETTE") or "auto")
        parser.add_argument("--position", default="auto", choices=Ad.TextPosition.values)
        parser.add_argument("--mode", default="overlay", choices=Ad.CompositionMode.values)
        parser.add_argument("--out", default=given("AD_OUT", ""), help="파일이나 폴더")
        parser.add_argument("--seed", type=int, default=None)
        parser.add_argument("--test-mode", action="store_true", help="no render engine")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console()
        with BackgroundProcesses(settings.DATA_DIR, settings.REDIS_URL) as background:
            background.start_redis()
            call_command("prepare")
            job = self._submit(options)
            background.start_worker_unless_alive(job.engine)
            try:
                self._follow(job, console)
            except KeyboardInterrupt:
                stop_job(job=job)
                raise CommandError("멈췄어요.") from None
        job.refresh_from_db()
        if job.status != Job.Status.COMPLETED:
            stopped = job.status == Job.Status.STOPPED
            raise CommandError(
                "멈췄어요." if stopped else sentence(job.error_code, job.error_params)
            )
        self._report(job, _destination(job, options["out"]), console)

    def _submit(self, options: dict[str, Any]) -> Job:
        user = ensure_demo_user()
        team = user.teams.order_by("pk").get()
        try:
            ad = _create_ad(user, team, options)
            return submit_job(ad=ad, by=user, test_mode=options["test_mode"])
        except (PhotoRefused, CopyRefused) as refused:
            raise CommandError(refused.message) from refused
        except UnknownChoice as error:
            raise CommandError(_unknown_choice(error)) from error
        except GenerationRefused as refused:
            raise CommandError(str(refused)) from refused

    def _follow(self, job: Job, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
        )
        with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
            task = bar.add_task("기다리는 중", total=100)
            while True:
                job.refresh_from_db()
                state = snapshot(job)
                bar.update(task, completed=state["progress_percent"], description=state["message"])
                if job.is_finished:
                    return
                time.sleep(POLL_SECONDS)

    def _report(self, job: Job, out: Path, console: Console) -> None:
        with job.ad.image.open("rb") as image, out.open("wb") as file:
            shutil.copyfileobj(image, file)
        for stage in job.stages.all():
            reused = " (다시 씀)" if stage.reused_from_id else ""
            console.print(f"  {stage.stage:<20} {stage.seconds:6.1f} s{reused}", highlight=False)
        for line in proof_lines(job.checks):
            mark = "✓" if line.verdict == "good" else "!"
            console.print(f"  {mark} {line.words}", highlight=False)
        console.print(str(out), highlight=False, soft_wrap=True)


def _create_ad(user: User, team: Team, options: dict[str, Any]) -> Ad:
    # Judged before the photo is stored: what is refused leaves nothing behind.
    clean_subtext(options["subtext"], ad_text=clean_ad_text(options["copy"]))
    catalog.background_style(options["background"])
    catalog.text_style(options["text"])
    catalog.frame_format(options["format"])
    catalog.palette(options["palette"])
    if options["font"]:
        face(options["font"])
    return create_ad(
        team=team,
        by=user,
        photo=_store_photo(user, team, options["photo"]) if options["photo"] else None,
        ad_text=options["copy"],
        background_style=options["background"],
        text_style=options["text"],
        format=options["format"],
        font=options["font"],
        subtext=options["subtext"],
        palette=options["palette"],
        text_position=options["position"],
        composition_mode=options["mode"],
        seed=options["seed"],
    )


def _store_photo(user: User, team: Team, name: str) -> Any:
    path = Path(name).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"사진을 열 수 없어요: {path} ({error.strerror})") from error
    return store_photo(team=team, by=user, upload=SimpleUploadedFile(path.name, content))


def _unknown_choice(error: UnknownChoice) -> str:
    offered = {
        "background_style": [style.key for style in catalog.BACKGROUND_STYLES],
        "text_style": [style.key for style in catalog.TEXT_STYLES],
        "font": [offered_face.key for offered_face in faces()],
        "format": [frame.key for frame in catalog.FORMATS],
        "palette": [palette.key for palette in catalog.PALETTES],
    }
    keys = ", ".join(offered[str(error.params["field"])])
    return f"그런 선택은 없어요: {error.params['value']}. 고를 수 있는 값: {keys}"


def _destination(job: Job, out: str) -> Path:
    path = Path(out).expanduser() if out else Path.cwd()
    if path.is_dir() or out.endswith(os.sep):
        path /= download_name(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.resolve()
