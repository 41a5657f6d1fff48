"""POST /api/generate: what it takes, what it refuses, and by which name."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from PIL import Image

from campaigns.models import Ad
from generation.models import Job
from generation.work.worker import EngineWorker

from .conftest import Program, problem

pytestmark = pytest.mark.django_db


def png(size: tuple[int, int] = (1080, 1080), mode: str = "RGB") -> str:
    out = BytesIO()
    Image.new(mode, size, 128).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def test_it_takes_a_photo_and_copy_as_json(program: Program, product: str) -> None:
    answer = program.post(
        "generate",
        {"product_image": product, "ad_text": "건어물 대박 세일", "background_style": "전통시장"},
    )
    assert answer.status_code == 202, answer.content
    job = Job.objects.get(pk=answer.json()["job_id"])
    assert answer.json()["status"] == "pending"
    assert (job.ad.ad_text, job.ad.background_style) == ("건어물 대박 세일", "market")
    assert job.ad.photo is not None


def test_it_takes_the_same_as_a_form(program: Program, photo_upload) -> None:
    answer = program.form(
        "generate",
        {"input_image": photo_upload, "text_content": "특가", "seed": "7", "test_mode": "true"},
    )
    assert answer.status_code == 202, answer.content
    job = Job.objects.get(pk=answer.json()["job_id"])
    assert (job.ad.seed, job.parameters["test_mode"], job.ad.ad_text) == (7, True, "특가")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "missing", "product_image")),
        ({"ad_text": "특가", "colour": "red"}, (422, "unknown_field", "colour")),
        ({"ad_text": 5}, (422, "wrong_type", "ad_text")),
        ({"ad_text": "특가", "seed": "7"}, (422, "wrong_type", "seed")),
        ({"ad_text": "특가", "seed": -1}, (422, "out_of_range", "seed")),
        ({"ad_text": "특가", "strength": 2}, (422, "out_of_range", "strength")),
        ({"ad_text": "특가", "strength": 0.3}, (422, "unsupported_by_engine", "strength")),
        (
            {"ad_text": "특가", "negative_prompt": "손"},
            (422, "unsupported_by_engine", "negative_prompt"),
        ),
        ({"ad_text": "특가", "product_image": "%%%"}, (422, "bad_base64", "product_image")),
        (
            {"ad_text": "특가", "product_image": "aGVsbG8="},
            (415, "unsupported_format", "product_image"),
        ),
        ({"ad_text": "특가", "format": "7:3"}, (422, "unknown_choice", "format")),
        ({"ad_text": "특가", "text_style": "금색"}, (422, "not_offered", "text_style")),
        ({"ad_text": "특가", "text_position": "left"}, (422, "not_offered", "text_position")),
        ({"ad_text": "특가", "variants": 9}, (422, "out_of_range", "variants")),
        ({"ad_text": "특가🦑"}, (422, "glyph_missing", "ad_text")),
        ({"ad_text": "가" * 21}, (422, "too_long", "ad_text")),
        ({"ad_text": "특가", "subtext": "가" * 60}, (422, "too_long", "subtext")),
        ({"ad_text": "특가", "bg_prompt": "a" * 5000}, (422, "too_long", "bg_prompt")),
        ({"ad_text": "특가", "font": "comic"}, (422, "unknown_choice", "font")),
        ({"ad_text": "특가", "text_content": "반값"}, (422, "contradiction", "text_content")),
        ({"ad_text": "특가", "start_step": 2}, (422, "missing", "step1_image")),
        ({"ad_text": "특가", "start_step": 4}, (422, "not_offered", "start_step")),
        (
            {"ad_text": "특가", "start_step": 3, "step1_image": png()},
            (422, "missing", "step2_image"),
        ),
        ({"ad_text": "특가", "step1_image": png()}, (422, "not_used", "step1_image")),
        (
            {"ad_text": "특가", "start_step": 2, "step1_image": png(), "palette": "warm"},
            (422, "not_used", "palette"),
        ),
        (
            {"ad_text": "특가", "webhook_url": "http://example.com/"},
            (422, "address_refused", "webhook_url"),
        ),
        (
            {"ad_text": "특가", "webhook_url": "https://127.0.0.1/"},
            (422, "address_refused", "webhook_url"),
        ),
        (
            {"ad_text": "특가", "webhook_url": "https://[::1]/"},
            (422, "address_refused", "webhook_url"),
        ),
    ],
)
def test_it_refuses_by_the_fields_name(program: Program, body: object, expected: object) -> None:
    assert problem(program.post("generate", body)) == expected
    assert not Ad.objects.exists()


def test_the_models_fields_reach_a_diffusion_job(program: Program, settings) -> None:
    settings.BACKGROUND_MODEL = "flux1-dev"
    settings.ENGINES_OFFERED = ["studio", "diffusion"]
    asked = {"strength": 0.3, "guidance_scale": 4.5, "negative_prompt": "rust"}
    answer = program.post("generate", {"ad_text": "특가", "engine": "diffusion", **asked})
    assert answer.status_code == 202, answer.content
    job = Job.objects.get(pk=answer.json()["job_id"])
    assert job.engine == "diffusion"
    assert {name: job.parameters[name] for name in asked} == asked


@pytest.mark.parametrize(
    ("models", "asked", "refused"),
    [
        (("flux2-klein-4b", "none"), ("guidance_scale", 5.0), True),
        (("flux2-klein-4b", "sdxl"), ("guidance_scale", 5.0), False),
        (("flux1-dev", "none"), ("guidance_scale", 5.0), False),
        (("flux2-klein-4b", "sdxl"), ("bg_negative_prompt", "people"), True),
        (("flux1-schnell", "sdxl"), ("bg_negative_prompt", "people"), True),
        (("flux1-dev", "sdxl"), ("bg_negative_prompt", "people"), False),
        (("flux2-klein-4b", "sdxl"), ("negative_prompt", "rust"), False),
        (("flux2-klein-4b", "sdxl-lightning"), ("negative_prompt", "rust"), True),
        (("flux2-klein-4b", "none"), ("negative_prompt", "rust"), True),
        (("flux2-klein-4b", "none"), ("strength", 0.0), False),
    ],
)
def test_what_the_servers_models_do_not_heed_is_refused(
    program: Program, settings, models, asked: tuple[str, object], refused: bool
) -> None:
    settings.BACKGROUND_MODEL, settings.LETTERING_MODEL = models
    settings.ENGINES_OFFERED = ["studio", "diffusion"]
    field, value = asked
    answer = program.post("generate", {"ad_text": "특가", "engine": "diffusion", field: value})
    if refused:
        assert problem(answer) == (422, "unsupported_by_model", field)
    else:
        assert answer.status_code == 202, answer.content


@pytest.mark.parametrize(
    "body", ['{"ad_text": NaN}', '{"ad_text"', "[" * 5000, "[]", '"x"', "null", b"\xff\xfe"]
)
def test_it_refuses_what_is_no_object(program: Program, body: str | bytes) -> None:
    status, code, _ = problem(program.post("generate", body))
    assert (status, code) in {(400, "bad_request"), (422, "wrong_type")}


def test_it_refuses_infinity(program: Program) -> None:
    body = '{"ad_text": "특가", "strength": Infinity}'
    assert problem(program.post("generate", body))[0] in (400, 422)


def test_it_refuses_other_media_types(program: Program) -> None:
    answer = program.http.post(
        "/api/generate", "ad_text=x", content_type="text/plain", headers=program.headers
    )
    assert problem(answer) == (415, "unsupported_media_type", None)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + 300 * "x",
    ],
)
def test_it_refuses_a_form_without_a_boundary(program: Program, kind: str) -> None:
    answer = program.http.post(
        "/api/generate", b"--x\r\n", content_type=kind, headers=program.headers
    )
    assert problem(answer) == (400, "bad_request", None)


def test_it_refuses_a_body_beyond_the_limit(program: Program) -> None:
    assert problem(program.post("generate", {"product_image": "A" * 17_000_000})) == (
        413,
        "too_large",
        None,
    )


def test_it_says_it_in_english(key: str) -> None:
    answer = Program(key, "en").post("generate", {})
    assert answer.json()["message"] == "This value is required."


def test_the_same_key_gives_the_same_job(program: Program) -> None:
    first = program.post("generate", {"ad_text": "특가"}, **{"Idempotency-Key": "a1"})
    again = program.post("generate", {"ad_text": "특가"}, **{"Idempotency-Key": "a1"})
    other = program.post("generate", {"ad_text": "반값"}, **{"Idempotency-Key": "a1"})
    assert first.json()["job_id"] == again.json()["job_id"]
    assert problem(other) == (422, "idempotency_key_reused", "Idempotency-Key")
    assert Job.objects.count() == Ad.objects.count() == 1


def test_variants_are_takes_of_one_ad(program: Program) -> None:
    made = program.post("generate", {"ad_text": "특가", "variants": 3}).json()
    ads = [Job.objects.get(pk=pk).ad for pk in made["job_ids"]]
    assert len({ad.seed for ad in ads}) == 3
    assert len({ad.variant_group for ad in ads}) == 1


def test_the_quota_is_a_429_with_a_wait(program: Program, settings) -> None:
    settings.MAX_UNFINISHED_JOBS_PER_TEAM = 1
    program.post("generate", {"ad_text": "특가"})
    answer = program.post("generate", {"ad_text": "반값"})
    assert problem(answer) == (429, "quota", None)
    assert int(answer["Retry-After"]) > 0


def test_it_starts_from_an_uploaded_scene(program: Program, transactional_db) -> None:
    body = {"ad_text": "특가", "start_step": 2, "step1_image": png(), "test_mode": True}
    made = program.post("generate", body).json()
    EngineWorker("studio").run(burst=True)
    told = program.get(f"status/{made['job_id']}").json()
    assert told["status"] == "completed", told
    assert None not in (told["step1_result"], told["step2_result"], told["final_result"])


def test_it_makes_the_lettering_alone(program: Program, transactional_db) -> None:
    body = {"ad_text": "특가", "start_step": 2, "end_step": 2, "test_mode": True}
    made = program.post("generate", body).json()
    EngineWorker("studio").run(burst=True)
    told = program.get(f"status/{made['job_id']}").json()
    assert told["status"] == "completed", told
    assert told["step1_result"] is None
    picture = program.get(f"jobs/{made['job_id']}/images/final")
    assert Image.open(BytesIO(picture.content)).mode == "RGBA"


def test_a_dry_run_tells_what_would_be_made_and_makes_nothing(
    program: Program, product: str
) -> None:
    body = {"product_image": product, "ad_text": " 건어물  대박 ", "dry_run": True}
    answer = program.post("generate", body)
    told = answer.json()
    assert (answer.status_code, told["copy_echo"]["text"]) == (200, "건어물 대박")
    assert (told["copy_echo"]["characters"], len(told["copy_echo"]["sha256"])) == (6, 64)
    assert len(told["stages"]) == 3
    assert told["expected_seconds"] > 1
    assert not Ad.objects.exists()
    assert problem(program.post("generate", body | {"format": "9:1"}))[1] == "unknown_choice"


def test_it_suggests_copies(program: Program) -> None:
    told = program.post("copies", {"product": "마른 오징어", "occasion": "추석"}).json()
    assert (len(told["copies"]), told["source"]) == (5, "book")
    assert problem(program.post("copies", {"product": "가" * 41})) == (422, "too_long", "product")
