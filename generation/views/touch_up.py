"""Cutting the product out by hand: the page, the mask that follows the finger, the new photo."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import editable_or_403, signed_in
from campaigns.models import Ad, ProductPhoto
from campaigns.services import store_cut_out
from generation.errors import GenerationRefused
from generation.making import make_with_new_photo
from generation.touch_up.cutter import CutRefused, cutter
from generation.touch_up.messages import Cut, Order
from generation.touch_up.strokes import MOST_BYTES, Stroke, StrokesRefused, read_strokes

# Less of a photo than this (0..1) is no product: the engine would refuse it later.
LEAST_KEPT: Final = 0.001
# The automatic outline below this asks to be looked at.
SURE_FROM: Final = 0.6

SENTENCES: Final[dict[str, str | Promise]] = {
    "superseded": "",
    "busy": _("지금 다듬는 분이 많아요. 잠시 뒤 다시 해 볼게요."),
    "photo_unreadable": _("사진을 읽을 수 없어요. 다른 사진을 올려 주세요."),
    "broken": _("다듬는 데 문제가 생겼어요. 한 번 더 칠해 주세요."),
    "strokes": _("칠한 것이 너무 많아요. 처음으로 되돌린 뒤 크게 칠해 주세요."),
    "nothing_left": _("남은 곳이 없어요. ‘남길 곳’으로 상품을 칠해 주세요."),
}
STATUS: Final = {"superseded": 409, "busy": 503, "broken": 503}


def _refusal(code: str) -> JsonResponse:
    said = {"code": code, "message": str(SENTENCES[code])}
    return JsonResponse(said, status=STATUS.get(code, 422))


def _order(photo: ProductPhoto, strokes: tuple[Stroke, ...] = (), **more: Any) -> Order:
    """A photo that was cut by hand goes on from there, with the whole picture to fall back on."""
    whole = photo.cut_from or photo
    begin = Path(photo.image.path) if photo.cut_from else None
    return Order(photo=Path(whole.image.path), begin_with=begin, strokes=strokes, **more)


def _sent(request: HttpRequest) -> tuple[tuple[Stroke, ...], dict[str, Any]]:
    """Return the strokes of the body, and the body. Raises StrokesRefused."""
    if len(request.body) > MOST_BYTES:
        raise StrokesRefused("the body is too long")
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise StrokesRefused("the body is no JSON") from error
    if not isinstance(body, dict):
        raise StrokesRefused("the body is no object")
    return read_strokes(body.get("strokes")), body


@login_required
@require_GET
def touch_up(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; `ad` names the ad that is to be made again. A script asks for the editor alone."""
    found = editable_or_403(request, ProductPhoto.objects.select_related("cut_from"), pk=pk)
    number = request.GET.get("ad", "")
    wanted = Ad.objects.filter(photo=found)
    ad = editable_or_403(request, wanted, pk=number) if number.isdecimal() else None
    cutter.warm()
    context = {"photo": found, "whole": found.cut_from or found, "ad": ad}
    part = request.headers.get("HX-Request")
    return render(
        request, "generation/_touch_up.html" if part else "generation/touch_up.html", context
    )


@login_required
@require_POST
def mask(request: HttpRequest, pk: int) -> HttpResponse:
    """What is cut out after these strokes, as a small mask."""
    found = editable_or_403(request, ProductPhoto.objects.select_related("cut_from"), pk=pk)
    try:
        strokes, _body = _sent(request)
        cut = cutter.cut(_order(found, strokes), by=signed_in(request).pk)
    except StrokesRefused:
        return _refusal("strokes")
    except CutRefused as refused:
        return _refusal(refused.code)
    return JsonResponse(_told(cut))


def _told(cut: Cut) -> dict[str, Any]:
    from base64 import b64encode

    return {
        "mask": f"data:image/png;base64,{b64encode(cut.mask).decode()}",
        "empty": cut.kept < LEAST_KEPT,
        "sure": cut.confidence >= SURE_FROM,
    }


@login_required
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the cut-out as a photo of its own; with `ad`, make that ad again with it."""
    found = editable_or_403(request, ProductPhoto.objects.select_related("cut_from"), pk=pk)
    try:
        strokes, body = _sent(request)
        number = body.get("ad")
        ads = Ad.objects.filter(photo=found)
        ad = editable_or_403(request, ads, pk=number) if isinstance(number, int) else None
        stored = _stored(request, found, strokes)
    except StrokesRefused:
        return _refusal("strokes")
    except CutRefused as refused:
        return _refusal(refused.code)
    if stored is None:
        return _refusal("nothing_left")
    said = {"photo": stored.pk, "url": stored.preview_url}
    if ad is None:
        return JsonResponse(said | {"go": f"{reverse('generation:new_ad')}?photo={stored.pk}"})
    try:
        job = make_with_new_photo(ad=ad, by=signed_in(request), photo=stored)
    except GenerationRefused as refused:
        return JsonResponse({"code": refused.code, "message": str(refused)}, status=422)
    return JsonResponse(said | {"go": reverse("generation:job", args=[job.pk])})


def _stored(
    request: HttpRequest, photo: ProductPhoto, strokes: tuple[Stroke, ...]
) -> ProductPhoto | None:
    """Cut at full size and store it; None when nothing is left. Raises CutRefused."""
    by = signed_in(request)
    with tempfile.TemporaryDirectory(prefix="nc-cut-") as folder:
        place = Path(folder) / "cut.png"
        cut = cutter.cut(_order(photo, strokes, write_to=place), by=("save", by.pk))
        if cut.kept < LEAST_KEPT:
            return None
        return store_cut_out(photo=photo.cut_from or photo, by=by, content=place.read_bytes())
