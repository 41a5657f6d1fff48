"""`make ad`: the terminal's way through the same services, queue and worker."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from campaigns.models import Ad, ProductPhoto
from generation.models import Job
from nanococoa.supervisor import ROOT

PHOTO = ROOT / "campaigns/demo/gift_box.jpg"


@pytest.fixture
def make_ad(process_environment, tmp_path):
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "generate_ad", "--test-mode", *options],
            cwd=ROOT, env=process_environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_it_saves_the_picture_and_prints_the_stages_and_the_proof(make_ad, tmp_path: Path):
    done = make_ad(
        "--photo",
        str(PHOTO),
        "--copy",
        "건어물 대박 세일",
        "--font",
        "gugi",
        "--palette",
        "cool",
        "--subtext",
        "2,500원",
        "--out",
        f"{tmp_path}/",
    )
    assert done.returncode == 0, done.stderr
    path = tmp_path / "건어물-대박-세일_1080x1080.png"
    assert done.stdout.strip().endswith(str(path))
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("PNG", (1080, 1080))
    for words in ("step1_background", "step3_composition", "상품 원본 유지 100%"):
        assert words in done.stdout
    job = Job.objects.get()
    assert job.status == Job.Status.COMPLETED
    assert (job.ad.font, job.ad.palette, job.ad.subtext) == ("gugi", "cool", "2,500원")
    assert "작은 문구" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--photo", "/nowhere.jpg", "--copy", "세일"], "사진을 열 수 없어요"),
        (["--photo", __file__, "--copy", "세일"], "JPG"),
        (["--photo", str(PHOTO), "--copy", "가" * 21], "20자까지"),
        (["--photo", str(PHOTO), "--copy", "대박 🎉"], "🎉"),
        (["--photo", str(PHOTO), "--copy", "세일", "--background", "moon"], "market, minimal"),
        (["--photo", str(PHOTO), "--copy", "세일", "--format", "3:7"], "1:1"),
        (["--photo", str(PHOTO), "--copy", "세일", "--font", "comic"], "black_han_sans"),
        (["--photo", str(PHOTO), "--copy", "세일", "--palette", "rainbow"], "warm"),
        (["--photo", str(PHOTO), "--copy", "세일", "--subtext", "가" * 25], "24자까지"),
    ],
    ids=[
        "no file",
        "no picture",
        "long copy",
        "emoji",
        "no such style",
        "no such format",
        "no such font",
        "no such palette",
        "long small line",
    ],
)
def test_what_it_cannot_make_it_says_in_one_sentence(
    options: list[str], words: str, transactional_db, settings, tmp_path: Path
):
    settings.DATA_DIR = tmp_path
    with pytest.raises(CommandError, match=re.escape(words)) as refused:
        call_command("generate_ad", "--test-mode", *options)
    assert "\n" not in str(refused.value)
    nothing_was_made()


def test_the_terminal_shows_the_sentence_alone(make_ad):
    done = make_ad("--photo", str(PHOTO), "--copy", "세일", "--background", "moon")
    assert done.returncode != 0
    assert "market, minimal" in done.stderr
    assert "Traceback" not in done.stderr
    nothing_was_made()


def nothing_was_made() -> None:
    assert not Ad.objects.exists()
    assert not ProductPhoto.objects.exists()
