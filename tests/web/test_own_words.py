"""Own words: in the form, in the draft, on the job's page, in the admin."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from campaigns.models import Ad
from generation import prompts
from generation.drafts import slots
from generation.models import Job, WorkerProcess
from generation.own_words import BACKGROUND_EXAMPLES, TEXT_EXAMPLES
from generation.prompts import Wish, writer
from generation.prompts.book import best_material, best_style
from generation.services import claim_next_job, record_prompts, submit_job
from generation.work.prompt_run import PromptRun
from tests.api.llm_stub import Stub, running_stub
from tests.api.test_prompts import said

NEW = reverse("generation:new_ad")
WORDS = {"background_words": "여름 바다 느낌", "text_words": "얼음처럼 시원하게"}


@pytest.fixture
def stub(settings, monkeypatch) -> Iterator[Stub]:
    monkeypatch.setattr(writer, "RETRIES", 0)
    with running_stub() as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-test", server.url
        yield server


def text_of(answer) -> str:
    return answer.content.decode()


def page_of(client: Client, job: Job) -> str:
    return text_of(client.get(reverse("generation:job", args=[job.pk])))


def test_the_ad_keeps_what_was_written_in_one_paragraph(as_owner, wishes):
    as_owner.post(NEW, wishes | {"background_words": " 여름\r\n바다  느낌 ", "text_words": "젤리"})
    ad = Ad.objects.get()
    assert (ad.background_words, ad.text_words) == ("여름 바다 느낌", "젤리")
    again = text_of(as_owner.get(f"{NEW}?from={ad.pk}"))
    assert ">여름 바다 느낌</textarea>" in again


def test_too_many_words_are_refused_and_stay_in_the_form(as_owner, wishes):
    words = "바다 " * 101
    answer = as_owner.post(NEW, wishes | {"background_words": words})
    assert answer.status_code == 422
    assert "설명은 300자까지예요" in text_of(answer)
    assert "바다 바다" in text_of(answer)
    assert not Ad.objects.exists()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_example_names_a_style_of_its_own(language):
    with translation.override(language):
        styles = [best_style(str(example)) for example in BACKGROUND_EXAMPLES]
        materials = [best_material(str(example)) for example in TEXT_EXAMPLES]
    assert styles == ["beach", "cafe", "holiday", "forest", "neon"]
    assert materials == ["glass", "candy", "ink", "wood"]


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("여름 바다 느낌", "beach"),
        ("한옥 마루 위", "market"),
        ("부산 앞바다", "beach"),
        ("음", None),
    ],
)
def test_the_book_reads_backgrounds(words, style):
    assert best_style(words) == style


@pytest.mark.parametrize(
    ("words", "material"),
    [
        ("얼음 글자", "glass"),
        ("금빛 풍선", "gold_balloon"),
        ("먹음직스럽게", None),
        ("A nice price", None),
    ],
)
def test_the_book_reads_materials(words, material):
    assert best_material(words) == material


def test_a_draft_follows_own_words_without_a_model(as_owner, wishes, stub, empty_redis):
    stub.answers = [said()]
    WorkerProcess.objects.create(name="studio-1", engine="studio", pid=1)
    as_owner.post(reverse("generation:draft"), wishes | WORDS)
    spec = slots.take("studio").spec
    assert (spec["background_style"], spec["text_style"]) == ("beach", "glass")
    assert "background_words" not in spec
    assert stub.asked == []


@pytest.mark.django_db(transaction=True)
def test_own_words_choose_set_and_material_of_a_job(as_owner, wishes, burst, settings):
    settings.FORCE_TEST_MODE = True
    as_owner.post(NEW, wishes | WORDS)
    burst()
    job = Job.objects.get()
    assert job.status == Job.Status.COMPLETED
    told = job.parameters
    assert (told["background_style"], told["text_style"]) == ("beach", "glass")
    page = page_of(as_owner, job)
    assert "기본 문구집에서 골랐어요." in page
    assert "‘여름 바다 느낌’" in page
    assert "Rippled sand by a calm sea" in page


def test_a_model_chooses_the_material_too(stub):
    stub.answers = [said(material="wood")]
    wish = Wish(
        ad_text="특가", background_style="market", text_style="metal", text_words="통나무집"
    )
    written = prompts.write_prompts(wish)
    assert (written.source, written.prompts.material) == ("model", "wood")


def test_the_worker_has_own_words_written_up_and_follows(make_ad, owner, stub):
    stub.answers = [said(set="cafe", material="ink")]
    job = submit_job(ad=make_ad(**WORDS), by=owner)
    claim = claim_next_job(engine="studio", owner="w")
    written = PromptRun(claim, job, lambda: None).written()
    record_prompts(claim, job=job, prompts=written)
    job.refresh_from_db()
    told = job.parameters
    assert (told["background_style"], told["text_style"]) == ("cafe", "ink")
    assert (told["prompts"]["source"], told["prompts"]["tokens"]) == ("model", 123)
    assert job.ad.background_style == "market"


WRITERS = {
    "언어 모델(gpt-5-mini)이 썼어요": {"source": "model", "model": "gpt-5-mini", "tokens": 123},
    "전에 쓴 글을 다시 썼어요": {"source": "model", "model": "m", "cached": True},
    "제때 쓰지 못해": {"source": "book", "reason": "no answer in time"},
    "기본 문구집에서 골랐어요": {"source": "book", "reason": "no key"},
}


def test_the_page_says_who_wrote_the_prompts(as_owner, finished, subtests):
    for sentence, written in WRITERS.items():
        with subtests.test(sentence):
            finished.parameters |= {"prompts": json.loads(said()) | written}
            finished.save(update_fields=["parameters"])
            page = page_of(as_owner, finished)
            assert sentence in page
            assert "Sunny beach with rippled sand" in page
            assert ("토큰 123개" in page) == ("tokens" in written)


def test_a_job_before_its_prompts_says_nothing_of_them(as_owner, job):
    assert "어떤 그림을 부탁했나요" not in page_of(as_owner, job)


def test_other_words_make_another_ad_of_the_same_family(as_owner, job):
    where = reverse("generation:job_words", args=[job.pk])
    answer = as_owner.post(where, WORDS)
    made = Job.objects.exclude(pk=job.pk).get()
    assert answer["Location"] == reverse("generation:job", args=[made.pk])
    assert (made.ad.background_words, made.ad.text_words) == tuple(WORDS.values())
    assert made.ad.variant_group == job.ad.variant_group
    assert (made.ad.seed, made.ad.ad_text) == (job.ad.seed, job.ad.ad_text)
    assert job.ad.background_words == ""


def test_too_many_words_on_the_page_are_refused_there(as_owner, finished):
    where = reverse("generation:job_words", args=[finished.pk])
    answer = as_owner.post(where, {"background_words": "가" * 301})
    assert answer.status_code == 422
    assert "설명은 300자까지예요" in text_of(answer)
    assert Job.objects.count() == 1


def test_the_admin_shows_source_and_tokens(client, job):
    client.force_login(User.objects.create_superuser("boss@example.com", "seafood-market-9"))
    job.parameters["prompts"] = json.loads(said()) | {
        "source": "model",
        "model": "gpt-5-mini",
        "tokens": 4321,
    }
    job.save(update_fields=["parameters"])
    page = text_of(client.get(reverse("admin:generation_job_change", args=[job.pk])))
    assert "언어 모델(gpt-5-mini)이 썼어요" in page
    assert "4321" in page
