"""Pages of pictures: the same on screen and in every file."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from latentlab.errors import UsageError
from latentlab.export import page
from latentlab.export.board import Board, difference
from latentlab.export.layout import lay_out
from latentlab.parts.figures import FigureLook

LOOK = FigureLook(title="A title with $one$ dollar", width_in=3.0, dpi=100, gap=0.25)


@pytest.fixture
def board():
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 6, 5), dtype=np.uint8)
    return Board(
        images,
        rows=("one", "two", "three"),
        columns=("a", "b", "<c>", "$d$"),
        note="A note.",
    )


@pytest.mark.parametrize("ending", [".png", ".webp"])
def test_a_file_holds_the_dots_that_the_screen_shows(tmp_path, board, ending):
    path = tmp_path / f"a{ending}"
    page.write_page(path, board, LOOK)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), page.picture(board, LOOK))
        if ending == ".png":
            assert round(image.info["dpi"][0]) == 100


def test_every_pixel_of_a_picture_is_a_square_of_whole_dots(board):
    layout, drawn = lay_out(board, LOOK), page.picture(board, LOOK)
    (wide, high), gap = layout.cell, layout.gap
    assert (wide % 5, high % 6, wide // 5) == (0, 0, high // 6)
    assert gap == round(0.25 * max(wide, high))
    for r in range(3):
        for c in range(4):
            top, left = layout.top + r * (high + gap), layout.left + c * (wide + gap)
            cell = drawn[top : top + high, left : left + wide]
            times = wide // 5
            np.testing.assert_array_equal(cell[::times, ::times, 0], board.images[r, c])
            np.testing.assert_array_equal(cell[times - 1 :: times, ::times, 1], board.images[r, c])


def test_the_page_is_as_wide_as_was_asked_for_and_its_words_have_room(board):
    drawn = page.picture(board, LOOK)
    assert drawn.shape[1] == 300
    bare = page.picture(board, FigureLook(width_in=3.0, dpi=100, names=False))
    layout = lay_out(board, LOOK)
    assert (drawn[:, : layout.left] != 255).any()  # names of rows
    assert (drawn[: layout.top] != 255).any()  # the title, names of columns
    edge = np.concatenate([drawn[:3].ravel(), drawn[-3:].ravel(), drawn[:, :3].ravel()])
    assert (edge == 255).all()  # nothing is cut off
    around = lay_out(board, FigureLook(width_in=3.0, dpi=100, names=False))
    outside = bare.copy()
    (width, height) = around.size
    outside[around.top : around.top + height, around.left : around.left + width] = 255
    assert (outside == 255).all()


def test_names_that_are_wider_than_a_picture_stand_upright(board):
    long = Board(board.images, columns=("a very long name of a class",) * 4)
    assert lay_out(long, LOOK).turned
    assert not lay_out(board, LOOK).turned
    drawn = page.picture(long, LOOK)
    assert (drawn[:3] == 255).all()


@pytest.mark.parametrize(("colours", "first"), [("inverted", 255), ("viridis", 68)])
def test_grey_pictures_take_a_colour_map(colours, first):
    black = Board(np.zeros((1, 1, 4, 4), np.uint8))
    look = FigureLook(width_in=1.0, dpi=72, colours=colours)
    layout, drawn = lay_out(black, look), page.picture(black, look)
    assert drawn[layout.top, layout.left, 0] == first


def test_colour_pictures_keep_their_colours():
    red = np.zeros((1, 1, 4, 4, 3), np.uint8)
    red[..., 0] = 200
    look = FigureLook(width_in=1.0, dpi=72, colours="viridis")
    layout, drawn = lay_out(Board(red), look), page.picture(Board(red), look)
    assert drawn[layout.top, layout.left].tolist() == [200, 0, 0]


def test_places_without_a_picture_are_the_ground():
    board = Board(np.zeros((1, 2, 4, 4), np.uint8), present=np.array([[True, False]]))
    look = FigureLook(width_in=2.0, dpi=72)
    layout, drawn = lay_out(board, look), page.picture(board, look)
    assert drawn[layout.top + 1, layout.left + layout.cell[0] + 2].tolist() == [255] * 3


@pytest.mark.parametrize(("ending", "magic"), [(".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_vector_pages_are_the_same_each_time(tmp_path, board, ending, magic):
    one, two = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    page.write_page(one, board, LOOK)
    page.write_page(two, board, LOOK)
    assert one.read_bytes().startswith(magic)
    assert one.read_bytes() == two.read_bytes()


def test_axes_with_numbers_have_ticks_at_their_places():
    x = np.array([-1.5, -0.5, 0.5, 1.5])
    board = Board(np.zeros((4, 4, 7, 7), np.uint8), x=x, y=x[::-1], axes=("z1", "z2"))
    look = FigureLook(width_in=3.0, dpi=100)
    layout, drawn = lay_out(board, look), page.picture(board, look)
    bottom = layout.top + layout.size[1]
    row = drawn[bottom + 2, :, 0]
    middle = round(layout.left + layout.size[0] / 2)  # between the two middle columns: 0
    assert (row[middle - 2 : middle + 2] < 128).any()


@pytest.mark.parametrize(
    "look", [FigureLook(width_in=0.5, dpi=36), FigureLook(width_in=60, dpi=1200)]
)
def test_a_page_without_room_and_an_endless_one_are_refused(look):
    with pytest.raises(UsageError):
        lay_out(Board(np.zeros((1, 40, 8, 8), np.uint8)), look)


def test_a_difference_says_lighter_and_darker():
    a = np.array([[0, 255, 100]], np.uint8)
    b = np.array([[255, 0, 100]], np.uint8)
    assert difference(a, b)[0].tolist() == [[213, 94, 0], [0, 114, 178], [255, 255, 255]]
    colour = np.repeat(a[..., None], 3, axis=-1)
    assert difference(colour, colour).tolist() == [[[255] * 3] * 3]
