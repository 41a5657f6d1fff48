import pytest

from generation.pipeline.catalog import FORMATS, FrameFormat, frame_format
from generation.pipeline.layout import MARGIN, Box, Layout, fit_into, plan_layout

POSITIONS = ("auto", "top", "center", "bottom")
ASPECTS = (None, 0.3, 1.0, 1.3, 1.6, 4.0)


@pytest.fixture(params=FORMATS, ids=lambda fmt: fmt.key)
def fmt(request) -> FrameFormat:
    return request.param


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("position", POSITIONS)
def test_product_and_headline_never_share_a_pixel(fmt, position, aspect):
    layout = plan_layout(fmt, position, aspect, True)
    assert not layout.product.overlaps(layout.headline)


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("position", POSITIONS)
def test_both_boxes_keep_the_margin(fmt, position, aspect):
    layout = plan_layout(fmt, position, aspect, True)
    for box in (layout.product, layout.headline):
        assert box.x >= MARGIN * fmt.width
        assert box.right <= (1 - MARGIN) * fmt.width
        assert box.y >= MARGIN * fmt.height
        assert box.bottom <= (1 - MARGIN) * fmt.height


@pytest.mark.parametrize("position", POSITIONS)
def test_stories_keep_words_out_of_the_apps_chrome(position):
    fmt = frame_format("9:16")
    headline = plan_layout(fmt, position, 1.0, True).headline
    assert headline.y >= 0.14 * fmt.height
    assert headline.bottom <= 0.80 * fmt.height


def test_the_product_rests_on_the_ground_row(fmt):
    layout = plan_layout(fmt, "auto", 0.6, True)
    assert layout.product.bottom == layout.ground_y
    assert fit_into(layout.product, 0.6).bottom == layout.ground_y


@pytest.mark.parametrize("key", ["1:1", "4:5", "16:9"])
def test_a_tall_product_takes_half_of_the_frames_height(key):
    fmt = frame_format(key)
    fitted = fit_into(plan_layout(fmt, "auto", 0.4, True).product, 0.4)
    assert 0.45 <= fitted.height / fmt.height <= 0.68


@pytest.mark.parametrize("key", ["1:1", "4:5", "9:16"])
def test_wide_goods_take_most_of_the_frames_width(key):
    fmt = frame_format(key)
    fitted = fit_into(plan_layout(fmt, "auto", 3.0, True).product, 3.0)
    assert 0.60 <= fitted.width / fmt.width <= 0.80


def test_bottom_raises_the_product_above_the_headline(fmt):
    top, bottom = (plan_layout(fmt, position, 0.8, True) for position in ("top", "bottom"))
    assert bottom.headline.y > top.headline.y
    assert bottom.ground_y <= top.ground_y


def test_wide_frames_set_the_headline_left_of_the_product():
    layout = plan_layout(frame_format("16:9"), "auto", 0.8, True)
    assert layout.headline.right < layout.product.x
    assert layout.align == "left"


def test_without_words_the_product_stands_in_the_middle(fmt):
    layout = plan_layout(fmt, "auto", 1.0, False)
    assert abs(layout.product.center[0] - fmt.width / 2) <= 1


def test_a_fitted_box_keeps_the_aspect_and_stays_inside():
    fitted = fit_into(Box(10, 20, 400, 300), 2.0)
    assert fitted == Box(10, 120, 400, 200)


def test_a_layout_survives_json(fmt):
    layout = plan_layout(fmt, "center", 0.7, True)
    assert Layout.from_json(layout.to_json()) == layout
