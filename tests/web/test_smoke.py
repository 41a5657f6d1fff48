import pytest
from django.urls import reverse

from generation.models import Job


@pytest.fixture
def signed_in(client, owner, team):
    client.force_login(owner)
    return client


def test_the_form_makes_an_ad_and_leads_to_its_page(signed_in, photo_upload):
    page = signed_in.get(reverse("generation:new_ad"))
    assert page.status_code == 200
    answer = signed_in.post(
        reverse("generation:new_ad"),
        {
            "photo": photo_upload,
            "ad_text": "건어물 대박 세일",
            "background_style": "market",
            "text_style": "gold_balloon",
            "text_position": "auto",
            "format": "1:1",
            "form_key": "abc",
        },
    )
    job = Job.objects.get()
    assert answer["Location"] == reverse("generation:job", args=[job.pk])
    live = signed_in.get(answer["Location"])
    assert live.status_code == 200
    assert "건어물 대박 세일" in live.content.decode()
    assert signed_in.get(reverse("campaigns:gallery")).status_code == 200
    assert (
        signed_in.get(reverse("generation:job_state", args=[job.pk])).json()["status"] == "pending"
    )
