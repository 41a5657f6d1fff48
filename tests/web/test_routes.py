"""Every route there is, asked by an outsider, a visitor and a viewer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from campaigns.models import Ad, ProductPhoto
from generation.models import Job

# Pages for everybody, and pages about the person who asks and nobody else.
OPEN = {"generation:home", "set_language"}
PERSONAL = {
    *("generation:new_ad", "campaigns:gallery", "campaigns:upload"),
    *("generation:draft", "generation:draft_state", "generation:suggest"),
    "campaigns:campaign_bring_back",
}
CHANGES = {
    *("generation:job_stop", "generation:job_resume", "generation:job_again"),
    *("generation:job_copy", "generation:job_formats", "campaigns:bin", "campaigns:restore"),
    *("campaigns:move", "campaigns:campaign_rename", "campaigns:campaign_delete"),
    *("generation:touch_up_mask", "generation:touch_up_save", "generation:job_words"),
}
OF_PHOTOS = {"campaigns:photo", "generation:touch_up"} | {n for n in CHANGES if "touch_up" in n}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from routes(entry, inner)
        elif entry.name:
            yield f"{prefix}{entry.name}", entry


def names() -> list[str]:
    """Ours; the admin and allauth guard their own, and the API has tokens and tests of its own."""
    found = [name for name, _route in routes(get_resolver())]
    return [n for n in found if n.partition(":")[0] in ("generation", "campaigns", "set_language")]


OBJECT_ROUTES = sorted(set(names()) - OPEN - PERSONAL)


def address(name: str, job: Job) -> str:
    """The route's address for the team's job, ad, photo or campaign, whichever it takes."""
    number = job.ad_id
    if name in OF_PHOTOS:
        number = ProductPhoto.objects.get(pk=job.ad.photo_id).pk
    elif "campaign_" in name:
        number = job.ad.campaign_id
    guesses = [[job.pk], [job.pk, 1], [number]]
    for arguments in guesses:
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} takes something this test does not know")


def ask(client, name: str, where: str):
    return client.post(where) if name in CHANGES else client.get(where)


def test_there_are_routes_to_check():
    assert len(OBJECT_ROUTES) > 12
    assert set(OBJECT_ROUTES) > CHANGES


def test_an_outsider_gets_a_404(as_outsider, finished, subtests):
    for name in OBJECT_ROUTES:
        with subtests.test(route=name):
            assert ask(as_outsider, name, address(name, finished)).status_code == 404


def test_a_visitor_is_sent_to_the_login_page(client, finished, subtests):
    for name in sorted(set(OBJECT_ROUTES) | PERSONAL):
        with subtests.test(route=name):
            where = reverse(name) if name in PERSONAL else address(name, finished)
            answer = ask(client, name, where)
            assert answer.status_code == 302
            assert answer["Location"].startswith(reverse("account_login"))


def test_a_viewer_changes_nothing(as_viewer, finished, subtests):
    for name in sorted(CHANGES):
        with subtests.test(route=name):
            answer = as_viewer.post(address(name, finished), {"ad_text": "새 문구"})
            assert answer.status_code == 403
            assert Job.objects.count() == 1
            assert Ad.objects.listed().count() == 1


def test_a_change_by_get_is_refused(as_owner, finished, subtests):
    for name in sorted(CHANGES):
        with subtests.test(route=name):
            assert as_owner.get(address(name, finished)).status_code == 405


def test_a_change_without_a_token_is_refused_in_korean(finished, owner, subtests):
    for name in sorted(CHANGES):
        with subtests.test(route=name):
            from django.test import Client

            strict = Client(enforce_csrf_checks=True)
            strict.force_login(owner)
            answer = strict.post(address(name, finished))
            assert answer.status_code == 403
            assert "화면이 오래됐어요" in answer.content.decode()


def test_a_job_that_never_was_is_a_404_in_korean(as_owner):
    answer = as_owner.get(reverse("generation:job", args=[uuid.uuid4()]))
    assert answer.status_code == 404
    assert "아무것도 없어요" in answer.content.decode()


def test_every_answer_carries_the_content_policy(client, db):
    policy = client.get(reverse("generation:home"))["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")
