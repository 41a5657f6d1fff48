import numpy as np
import pytest

from generation.pipeline.cutout.foot import evened

AXIS, HALF, BASE = 300.0, 100.0, 500.0
CURVE = 30.0


def foot(x):
    """The row of a round foot seen from above."""
    return BASE - CURVE * (1 - np.sqrt(np.maximum(1 - ((x - AXIS) / HALF) ** 2, 0)))


def cup(lean=0.0):
    """The closed outline of a beaker, a point every pixel or so; `lean` shears it, px of height."""
    below = np.linspace(AXIS - HALF, AXIS + HALF, 260)
    up = np.linspace(BASE - CURVE, 200.0, 270)
    parts = [
        np.column_stack([below, foot(below)]),
        np.column_stack([np.full(270, AXIS + HALF), up]),
        np.column_stack([np.linspace(AXIS + HALF, AXIS - HALF, 200), np.full(200, 200.0)]),
        np.column_stack([np.full(270, AXIS - HALF), up[::-1]]),
    ]
    line = np.concatenate(parts)
    line[:, 0] += lean * (BASE - line[:, 1]) / 300
    return line.astype(np.float32)


def on_left_foot(line):
    return (line[:, 0] < AXIS - 15) & (line[:, 0] > AXIS - 80) & (line[:, 1] > BASE - CURVE)


def bitten(line, by=4.0):
    wrong = line.copy()
    wrong[on_left_foot(line), 1] -= by
    return wrong


def strengths(line, left=0.2, right=0.7):
    return np.where(line[:, 0] < AXIS, left, right).astype(np.float32)


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_unseen_half_of_a_foot_follows_the_seen_one(mirrored):
    true = cup()
    wrong = bitten(true)
    given, strength = wrong.copy(), strengths(true)
    if mirrored:
        given[:, 0] = 2 * AXIS - given[:, 0]
    found = evened(given, strength)
    inner = np.abs(found[:, 0] - AXIS) < 85
    low = inner & (found[:, 1] > BASE - CURVE - 2)
    assert np.abs(found[low, 1] - foot(found[low, 0])).max() < 1.2
    before = np.abs(given[low, 1] - foot(given[low, 0])).max()
    assert before > 3.5


def test_all_but_the_foot_stays_where_it_is():
    wrong = bitten(cup())
    found = evened(wrong, strengths(wrong))
    above = wrong[:, 1] < BASE - CURVE - 5
    assert np.array_equal(found[above], wrong[above])


@pytest.mark.parametrize(
    ("line", "left", "right"),
    [
        (bitten(cup()), 0.6, 0.7),  # both halves are seen: it is the product's own shape
        (bitten(cup()), 0.1, 0.2),  # none is
        (bitten(cup(), by=9.0), 0.2, 0.7),  # more than a slip
        (bitten(cup(lean=25.0)), 0.2, 0.7),  # sides without a common axis
    ],
)
def test_what_is_no_slip_stays(line, left, right):
    assert evened(line, strengths(line, left, right)) is line
