"""Live drafts: one slot per person, the real worker and engine, and jobs always first."""

from __future__ import annotations

import json
import threading
from io import BytesIO
from pathlib import Path

import pytest
from channels.db import database_sync_to_async as in_thread
from django.db import connections
from PIL import Image

from generation.drafts import pictures, slots
from generation.drafts.limits import ASKS_PER_WINDOW, KEPT_STAGES, STAGES_SLACK
from generation.drafts.stage_store import StageStore
from generation.models import Job
from generation.pipeline.catalog import BACKGROUND_STYLES
from generation.pipeline.types import AdSpec, Progress, StageOutput, SubStep
from generation.plan import SPEC_FIELDS
from generation.work.draft_run import DraftRun
from generation.work.drafts_ahead import DraftsAhead, likely_next
from generation.work.engine_process import EngineProcess
from tests.sockets import Socket, session_of
from tests.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept_engine")]
SPEC = {
    "ad_text": "대박",
    "background_style": "minimal",
    "text_style": "metal",
    "seed": 3,
    "draft": True,
    "test_mode": True,
}


@pytest.fixture(autouse=True)
def _own_cache(settings, tmp_path, empty_redis, monkeypatch) -> None:
    settings.CACHE_DIR = tmp_path / "cache"
    # Here a draft may take as long as it likes: the machine may be busy with other things.
    monkeypatch.setattr("generation.work.draft_run.DEADLINE", PATIENCE)


def put(owner, **changes) -> slots.Wishes:
    photo, engine = changes.pop("photo_id", None), changes.pop("engine", "studio")
    return slots.put(user_id=owner.pk, engine=engine, photo_id=photo, spec=SPEC | changes)


def test_the_newest_wishes_replace_the_older_and_are_taken_once(owner):
    put(owner, ad_text="하나")
    newest = put(owner, ad_text="둘")
    assert slots.take("studio") == newest
    assert slots.take("studio") is None
    assert slots.are_newest(newest)
    put(owner)
    assert not slots.are_newest(newest)


def test_wishes_wait_in_one_line_only(owner):
    """The worker that was to draw them went, and comes back after another one was asked."""
    put(owner)
    newest = put(owner, engine="diffusion")
    assert slots.take("studio") is None
    assert slots.take("diffusion") == newest


def test_whoever_waits_longest_is_drawn_first_and_keeps_the_place(owner, outsider):
    put(owner, ad_text="하나")
    put(outsider)
    put(owner, ad_text="둘")
    taken = [slots.take("studio"), slots.take("studio")]
    assert [wishes.user_id for wishes in taken] == [owner.pk, outsider.pk]
    assert taken[0].spec["ad_text"] == "둘"


def test_too_many_askings_are_refused(owner, monkeypatch):
    monkeypatch.setattr(slots, "ASK_WINDOW", 600)  # not over before all have asked
    assert all(slots.may_ask(owner.pk) for _ in range(ASKS_PER_WINDOW))
    assert not slots.may_ask(owner.pk)


def test_a_worker_draws_a_draft_and_writes_no_row(owner, photo, burst):
    wishes = put(owner, photo_id=photo.pk)
    burst()
    state = pictures.state_of(owner.pk)
    assert (state["status"], state["number"], state["code"]) == ("done", wishes.number, "")
    assert state["seq"] > 1
    with Image.open(BytesIO(pictures.picture_of(owner.pk, wishes.number))) as picture:
        assert picture.format == "WEBP"
    assert not Job.objects.exists()


@pytest.mark.parametrize("engine", ["studio", "diffusion"])
def test_a_draft_is_drawn_by_the_studios_code_in_any_worker(owner, burst, engine):
    """No copy and the plainest set: one stage, the cheapest there is, on however busy a machine.

    The GPU's worker has no GPU here, and no models: it draws all the same.
    """
    put(owner, engine=engine, ad_text="", test_mode=False)
    burst(engine=engine)
    state = pictures.state_of(owner.pk)
    assert (state["status"], state["code"]) == ("done", "")


def test_other_words_start_from_the_scene_that_is_there(owner, burst, settings):
    put(owner)
    put(owner, ad_text="세일")
    burst()
    put(owner)
    burst()
    stored = sorted(path.name for path in (settings.CACHE_DIR / "drafts").iterdir())
    # One scene, and lettering and composition of each copy; the first was replaced in its slot.
    assert len(stored) == 5
    put(owner)
    burst()
    assert sorted(path.name for path in (settings.CACHE_DIR / "drafts").iterdir()) == stored


def test_what_cannot_be_drawn_is_said_in_words(owner, burst):
    put(owner, background_style="moon")
    burst()
    said = pictures.translated(pictures.state_of(owner.pk))
    assert (said["status"], said["code"]) == ("failed", "unknown_choice")
    assert said["message"].endswith("moon")


def test_no_draft_is_begun_while_a_job_waits(owner, submit):
    submit()
    wishes = put(owner)
    engine = EngineProcess("studio")
    DraftRun(wishes, engine, threading.Event()).run()
    assert pictures.state_of(owner.pk)["status"] == "busy"
    assert engine.pid is None


def drawn_until(wishes, meanwhile) -> tuple[EngineProcess, int | None]:
    """Draw slowly; do `meanwhile` once the first picture is there.

    Return the engine, and the process that it was while it drew.
    """
    engine = EngineProcess("studio", pace=1.0)

    def run() -> None:
        try:
            DraftRun(wishes, engine, threading.Event()).run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: (pictures.state_of(wishes.user_id) or {}).get("seq"))
    drew = engine.pid
    meanwhile()
    thread.join()
    return engine, drew


def test_a_job_that_arrives_cancels_the_draft_and_keeps_the_engine_warm(owner, submit):
    engine, drew = drawn_until(put(owner), submit)
    try:
        assert pictures.state_of(owner.pk)["status"] == "busy"
        # The cancel was heard at the next report: an engine that goes on is killed.
        assert drew is not None
        assert engine.pid == drew
    finally:
        engine.stop()


def test_newer_wishes_cancel_the_draft_without_a_word(owner):
    engine, _ = drawn_until(put(owner), lambda: put(owner, ad_text="둘"))
    try:
        state = pictures.state_of(owner.pk)
        assert state["status"] == "drawing"
        assert slots.take("studio").number == state["number"] + 1
    finally:
        engine.stop()


@pytest.fixture
def engine():
    process = EngineProcess("studio")
    yield process
    process.stop()


@pytest.fixture
def _hurried(monkeypatch) -> None:
    monkeypatch.setattr("generation.work.drafts_ahead.QUIET_BEFORE_AHEAD", 0.0)


def scenes(settings) -> int:
    folders = (settings.CACHE_DIR / "drafts").glob("*/background.png")
    return sum(1 for _ in folders)


@pytest.mark.usefixtures("_hurried")
def test_while_nobody_wants_anything_the_likely_scenes_are_photographed(owner, settings, engine):
    wishes = put(owner)
    assert slots.take("studio") == wishes
    DraftRun(wishes, engine, threading.Event()).run()
    assert scenes(settings) == 1
    DraftsAhead(wishes, engine, threading.Event()).run()
    # Every set, and in the wished one the words at the three places that were not asked for.
    ready = len(BACKGROUND_STYLES) + 3
    assert scenes(settings) == ready
    # Of it the page is told nothing; whoever tries a set or a place finds its scene there.
    assert pictures.state_of(owner.pk)["number"] == wishes.number
    for wish in ({"background_style": "beach"}, {"text_position": "bottom"}):
        DraftRun(put(owner, **wish), engine, threading.Event()).run()
        assert pictures.state_of(owner.pk)["status"] == "done"
    assert scenes(settings) == ready


def test_without_words_no_place_for_them_is_tried():
    spec = AdSpec(photo=None, **SPEC | {"ad_text": ""})
    assert {one.text_position for one in likely_next(spec)} == {spec.text_position}


def test_the_page_is_told_which_picture_is_only_the_product(owner, monkeypatch):
    monkeypatch.setattr("generation.work.draft_run.SHOW_EVERY", 0.0)
    run = DraftRun(put(owner), EngineProcess("studio"), threading.Event())
    told = []
    for step in (SubStep.CUTOUT, SubStep.BACKGROUND):
        run._show(Progress(sub_step=step, fraction=0.1, preview=b"webp"))
        told.append(pictures.state_of(owner.pk)["rough"])
    assert told == [True, False]


@pytest.mark.usefixtures("_hurried")
def test_nothing_is_photographed_ahead_while_somebody_waits(
    owner, outsider, submit, settings, engine
):
    wishes = put(owner)
    slots.take("studio")
    put(outsider)
    DraftsAhead(wishes, engine, threading.Event()).run()
    slots.take("studio")
    submit()
    DraftsAhead(wishes, engine, threading.Event()).run()
    leaving = threading.Event()
    leaving.set()
    DraftsAhead(wishes, engine, leaving).run()
    assert scenes(settings) == 0
    assert engine.pid is None


@pytest.mark.usefixtures("_hurried")
def test_a_wish_that_arrives_ends_what_is_done_ahead(owner, settings):
    wishes, slow = put(owner), EngineProcess("studio", pace=0.2)
    slots.take("studio")

    def wish_again() -> None:
        eventually(lambda: scenes(settings) >= 2)  # the first is kept, the second being made
        put(owner)
        connections.close_all()

    merchant = threading.Thread(target=wish_again)
    merchant.start()
    try:
        DraftsAhead(wishes, slow, threading.Event()).run()
        assert slow.pid is not None
        assert 1 <= scenes(settings) < len(BACKGROUND_STYLES)
    finally:
        merchant.join()
        slow.stop()


def test_stages_are_kept_and_the_longest_unused_go(tmp_path):
    store = StageStore(tmp_path / "drafts")
    for number in range(KEPT_STAGES + STAGES_SLACK + 1):
        folder = store.new_folder()
        (folder / "a.png").write_bytes(b"x")
        output = StageOutput(image=folder / "a.png", extras={"rig": folder / "a.png"})
        assert store.put(f"{number:03}", output, folder).image == store.root / f"{number:03}/a.png"
    assert store.get("000") is None
    last = f"{KEPT_STAGES + STAGES_SLACK:03}"
    assert store.get(last) is not None
    Path(store.root / last / "a.png").unlink()
    assert store.get(last) is None
    assert len(list(store.root.iterdir())) == KEPT_STAGES


def test_every_field_of_the_forms_wishes_reaches_the_draft(owner, team, wishes_of_the_form):
    from generation.drafts.form import DraftForm

    form = DraftForm(wishes_of_the_form, team=team, by=owner)
    assert form.is_valid(), form.errors
    spec = form.spec()
    assert spec["draft"] is True
    assert set(spec) <= set(SPEC_FIELDS)
    assert set(form.wishes()) & set(SPEC_FIELDS) <= set(spec)


def test_models_paint_no_draft(owner, team, wishes_of_the_form, settings):
    from generation.drafts.form import DraftForm

    settings.DEFAULT_ENGINE = "diffusion"
    form = DraftForm(wishes_of_the_form, team=team, by=owner)
    assert form.is_valid(), form.errors
    spec = AdSpec(photo=None, **json.loads(json.dumps(form.spec())))
    assert (spec.engine, spec.background_prompt, spec.draft) == ("studio", "", True)


@pytest.fixture
def wishes_of_the_form() -> dict[str, str]:
    return {
        "ad_text": "대박",
        "background_style": "market",
        "text_style": "metal",
        "text_position": "auto",
        "format": "1:1",
        "seed": "5",
    }


def socket(headers=()) -> Socket:
    return Socket("/ws/drafts/", headers)


async def test_the_form_hears_of_its_own_drafts_alone(owner, outsider):
    mine = socket(await in_thread(session_of)(owner))
    theirs = socket(await in_thread(session_of)(outsider))
    assert (await mine.connect())[0]
    assert (await theirs.connect())[0]
    wishes = await in_thread(put)(owner)
    await in_thread(pictures.tell)(wishes, "drawing", seq=1, picture=b"webp")
    heard = await mine.receive_json_from()
    assert (heard["number"], heard["status"], heard["seq"]) == (wishes.number, "drawing", 1)
    others = await in_thread(put)(outsider)
    await in_thread(pictures.tell)(others, "drawing", seq=7, picture=b"webp")
    assert (await theirs.receive_json_from())["seq"] == 7
    again = socket(await in_thread(session_of)(owner))
    assert (await again.connect())[0]
    assert (await again.receive_json_from()) == heard
    for page in (mine, theirs, again):
        await page.disconnect()
    await in_thread(connections.close_all)()


async def test_a_visitor_is_turned_away():
    assert await socket([(b"origin", b"http://localhost")]).connect() == (False, 4403)
