import pytest

from generation.pipeline.arrangements import build_of
from generation.pipeline.catalog import FORMATS, FrameFormat, frame_format
from generation.pipeline.layout import MARGIN, Box, Layout, fit_into, plan_layout

POSITIONS = ("auto", "top", "center", "bottom")
ASPECTS = (None, 0.3, 1.0, 1.3, 1.6, 4.0, 26.0)


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
def test_the_second_line_has_a_place_of_its_own_under_the_headline(fmt, position, aspect):
    layout = plan_layout(fmt, position, aspect, True, has_subtext=True)
    assert layout.subline.y > layout.headline.bottom
    assert not layout.subline.overlaps(layout.product)
    assert layout.headline.height > 1.5 * layout.subline.height
    whole = plan_layout(fmt, position, aspect, True)
    assert whole.subline is None
    assert layout.product == whole.product


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


@pytest.mark.parametrize("aspect", [0.3, 0.4, 0.7, 0.95])
@pytest.mark.parametrize("key", ["1:1", "4:5", "3:4", "9:16", "16:9", "1.91:1", "2:1"])
def test_an_upright_product_takes_half_of_the_frames_height(key, aspect):
    fmt = frame_format(key)
    fitted = fit_into(plan_layout(fmt, "auto", aspect, True).product, aspect)
    assert 0.45 <= fitted.height / fmt.height <= 0.63


@pytest.mark.parametrize("aspect", [1.6, 2.2, 3.0])
@pytest.mark.parametrize("key", ["1:1", "4:5", "3:4", "9:16"])
def test_wide_goods_take_most_of_the_frames_width(key, aspect):
    fmt = frame_format(key)
    fitted = fit_into(plan_layout(fmt, "auto", aspect, True).product, aspect)
    assert 0.60 <= fitted.width / fmt.width <= 0.85


@pytest.mark.parametrize("key", ["1:1", "4:5", "9:16", "16:9", "1.91:1"])
@pytest.mark.parametrize("aspect", [4.0, 26.0])
def test_a_skewer_lies_across_the_frame_close_under_its_headline(key, aspect):
    fmt = frame_format(key)
    layout = plan_layout(fmt, "auto", aspect, True)
    fitted = fit_into(layout.product, aspect)
    assert fitted.width >= 0.7 * fmt.width
    assert fitted.y - layout.headline.bottom <= 0.22 * fmt.height


def test_a_banner_is_filled_by_its_product_with_the_headline_in_its_left_half():
    fmt = frame_format("1029x258")
    layouts = [plan_layout(fmt, position, 0.8, True) for position in POSITIONS]
    assert all(layout == layouts[0] for layout in layouts)
    fitted = fit_into(layouts[0].product, 0.8)
    assert 0.85 <= fitted.height / fmt.height <= 0.96
    assert layouts[0].headline.right <= 0.55 * fmt.width


@pytest.mark.parametrize("key", ["1:1", "4:5", "3:4"])
def test_auto_sets_the_headline_beside_a_slender_bottle_and_above_other_goods(key):
    fmt = frame_format(key)
    beside, above = (plan_layout(fmt, "auto", aspect, True) for aspect in (0.3, 0.8))
    assert beside.headline.right < beside.product.x
    assert beside.align == "left"
    assert above.headline.bottom < above.product.y


def test_goods_of_one_build_share_one_plan(fmt):
    assert [build_of(aspect) for aspect in (None, 0.2, 0.5, 1.2, 2.0, 4.0, 26.7)] == [
        *("upright", "slender", "upright", "upright", "wide", "strip", "line")
    ]
    assert plan_layout(fmt, "auto", 0.5, True) == plan_layout(fmt, "auto", 1.2, True)


def test_bottom_raises_the_product_above_the_headline(fmt):
    if fmt.key == "1029x258":
        pytest.skip("a banner has one arrangement")
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
    for layout in (plan_layout(fmt, "center", 0.7, True, subtext) for subtext in (False, True)):
        assert Layout.from_json(layout.to_json()) == layout
