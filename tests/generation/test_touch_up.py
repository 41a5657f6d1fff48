"""The strokes that are taken, and the light process that follows them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from generation.touch_up.cutter import Cutter, CutterBusy, PhotoGone, Superseded
from generation.touch_up.messages import Cut, Order
from generation.touch_up.strokes import (
    MOST_POINTS,
    MOST_STROKES,
    Stroke,
    StrokesRefused,
    read_strokes,
)
from tests.conftest import product_jpeg
from tests.waiting import PATIENCE, eventually

GOOD = {"keep": True, "radius": 200, "points": [1000, 2000, 1500, -300]}
# The product of `product_jpeg` is a disc in the middle; its upper half:
DROP_TOP = Stroke(False, 1200, ((3000, 3200), (7000, 3200)))
KEEP_TOP = Stroke(True, 1200, ((3000, 3200), (7000, 3200)))


def test_strokes_are_read_in_order():
    read = read_strokes([GOOD, GOOD | {"keep": False}])
    assert read == (
        Stroke(True, 200, ((1000, 2000), (1500, -300))),
        Stroke(False, 200, ((1000, 2000), (1500, -300))),
    )
    assert read_strokes([]) == ()


BAD = [
    None,
    {},
    ["x"],
    [GOOD | {"keep": 1}],
    [GOOD | {"radius": 0}],
    [GOOD | {"radius": 6000}],
    [GOOD | {"radius": 2.5}],
    [GOOD | {"points": []}],
    [GOOD | {"points": [1, 2, 3]}],
    [GOOD | {"points": [1, 40_000]}],
    [GOOD | {"points": [True, 2]}],
    [GOOD | {"points": "12"}],
    [GOOD] * (MOST_STROKES + 1),
    [GOOD | {"points": [5, 5] * MOST_POINTS}] * 2,
]


@pytest.mark.parametrize("sent", BAD, ids=range(len(BAD)))
def test_what_is_no_list_of_strokes_is_refused(sent):
    with pytest.raises(StrokesRefused):
        read_strokes(sent)


@pytest.fixture(scope="module")
def cutter() -> Iterator[Cutter]:
    one = Cutter()
    yield one
    one.stop()


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(product_jpeg(size=320))
    return path


def alpha_of(cut: Cut) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(cut.mask)).getchannel("A"))


def test_the_first_mask_is_the_automatic_outline(cutter, photo_file):
    cut = cutter.cut(Order(photo=photo_file), by=1)
    alpha = alpha_of(cut)
    assert alpha.shape == (320, 320)
    assert alpha[160, 160] == 255
    assert alpha[10, 10] == 0
    assert 0.2 < cut.kept < 0.4
    assert cut.confidence > 0.6


def test_strokes_take_away_and_bring_back_and_the_last_one_counts(cutter, photo_file):
    whole = cutter.cut(Order(photo=photo_file), by=1)
    less = cutter.cut(Order(photo=photo_file, strokes=(DROP_TOP,)), by=1)
    back = cutter.cut(Order(photo=photo_file, strokes=(DROP_TOP, KEEP_TOP)), by=1)
    assert alpha_of(less)[102, 160] == 0
    assert alpha_of(back)[102, 160] == 255
    assert less.kept < whole.kept - 0.03
    assert cutter.cut(Order(photo=photo_file), by=1) == whole


def test_the_finished_cut_out_has_the_photos_size_and_can_be_gone_on_with(
    cutter, photo_file, tmp_path
):
    path = tmp_path / "cut.png"
    cut = cutter.cut(Order(photo=photo_file, strokes=(DROP_TOP,), write_to=path), by=1)
    assert (cut.width, cut.height) == (320, 320)
    with Image.open(path) as image:
        assert (image.mode, image.size) == ("RGBA", (320, 320))
        assert image.getpixel((160, 102)) == (0, 0, 0, 0)
        assert image.getpixel((160, 200))[3] == 255
    again = cutter.cut(Order(photo=photo_file, begin_with=path), by=1)
    assert again.confidence == 1
    assert abs(again.kept - cut.kept) < 0.005


def test_a_photo_that_is_gone_is_an_answer_and_the_child_lives_on(cutter, photo_file, tmp_path):
    child = cutter.pid
    with pytest.raises(PhotoGone):
        cutter.cut(Order(photo=tmp_path / "no.jpg"), by=1)
    assert cutter.cut(Order(photo=photo_file), by=1).mask
    assert cutter.pid == child


def test_of_one_persons_waiting_orders_only_the_newest_is_served(cutter, photo_file):
    order, ends = Order(photo=photo_file), {}

    def ask(name: str, by: int) -> None:
        try:
            ends[name] = cutter.cut(order, by=by)
        except Superseded as superseded:
            ends[name] = superseded

    threads = [
        threading.Thread(target=ask, args=args) for args in (("old", 1), ("new", 1), ("other", 2))
    ]
    with cutter._at_work:
        for thread in threads:
            before = dict(cutter._newest)
            thread.start()
            # They take their tickets in this order.
            eventually(lambda before=before: cutter._newest != before)
    for thread in threads:
        thread.join()
    assert isinstance(ends["old"], Superseded)
    assert isinstance(ends["new"], Cut)
    assert isinstance(ends["other"], Cut)
    assert cutter._newest == {}


def test_a_child_that_takes_too_long_is_replaced(cutter, photo_file):
    assert cutter.cut(Order(photo=photo_file), by=1)
    psutil.Process(cutter.pid).suspend()
    with pytest.raises(CutterBusy):
        cutter.cut(Order(photo=photo_file), by=1, patience=0.2)
    assert cutter.pid is None
    assert cutter.cut(Order(photo=photo_file), by=1).mask


def test_a_child_without_work_goes_away():
    idle = Cutter(idle_after=0.2)
    with idle._at_work:  # nobody ends it before we know it
        idle._start()
        child = psutil.Process(idle.pid)
    child.wait(PATIENCE)
    assert not child.is_running()
