"""Letters on a board: read against the board, whatever is beyond it."""

import numpy as np
import pytest

from generation.pipeline.board import board_behind
from generation.pipeline.legibility import worst_contrast

SIDE = 300
PAPER, INK = 0.6, 0.02


def written(margin: int, paper: float = PAPER) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return light, coverage and front of one stroke on a board that is `margin` pixels wider."""
    light, alpha, front = (np.zeros((SIDE, SIDE), np.float32) for _ in range(3))
    board = slice(120 - margin, 180 + margin)
    light[board, board], alpha[board, board] = paper, 1.0
    light[120:180, 120:180], front[120:180, 120:180] = INK, 1.0
    return light, alpha, front


@pytest.mark.parametrize("margin", [6, 60])
def test_the_board_goes_on_behind_the_letters_and_past_its_edge(margin):
    ground = board_behind(*written(margin))
    assert np.allclose(ground, PAPER, atol=0.01)


def test_a_board_lit_from_one_side_stays_so():
    light, alpha, front = written(60)
    light *= np.linspace(0.5, 1.5, SIDE, dtype=np.float32)[None, :]
    ground = board_behind(light, alpha, front)
    assert ground[150, 70] < 0.7 * ground[150, 230]
    assert ground[150, 110] < ground[150, 150] < ground[150, 190]


def test_letters_as_light_as_their_board_are_found_out_even_before_a_dark_set():
    readable, lost = (
        worst_contrast(board_behind(light, alpha, front), light, front, SIDE)
        for light, alpha, front in (written(6), written(6, paper=2 * INK))
    )
    assert readable > 5
    assert lost < 1.6
