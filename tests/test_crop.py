"""The box of the object, and what is cropped to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brightness import CARD, Brightness
from made_pictures import photo
from u2net.arrays import Box
from u2net.background import Blur, Scene
from u2net.crop import FAINT, Margin, as_margin, object_box
from u2net.cutout import Cutout, Picture, cut_out
from u2net.options import Options
from u2net.pictures.photo import from_array
from u2net.remover import Loaded, Remover


def one_object(box: Box, size_hw: tuple[int, int], level: int = 255) -> np.ndarray:
    alpha = np.zeros(size_hw, np.uint8)
    alpha[box.inside] = level
    return alpha


@st.composite
def boxes(draw: st.DrawFn) -> tuple[Box, tuple[int, int]]:
    """A picture's size and a box in it."""
    height, width = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    tall, wide = draw(st.integers(1, height - top)), draw(st.integers(1, width - left))
    return Box(left, top, wide, tall), (height, width)


@given(boxes(), st.integers(FAINT + 1, 255))
def test_the_box_is_where_the_object_is(found: tuple[Box, tuple[int, int]], level: int) -> None:
    assert object_box(one_object(*found, level)) == found[0]


@given(boxes(), st.integers(0, 500))
def test_a_margin_ends_where_the_picture_does(
    found: tuple[Box, tuple[int, int]], pixels: int
) -> None:
    box, (height, width) = found
    wider = object_box(one_object(box, (height, width)), as_margin(pixels))
    assert wider is not None
    assert wider.left == max(0, box.left - pixels)
    assert wider.top + wider.height == min(height, box.top + box.height + pixels)


def test_specks_of_doubt_widen_no_box_unless_there_is_nothing_else() -> None:
    alpha = one_object(Box(10, 10, 5, 5), (40, 40))
    alpha[0, 0] = FAINT
    assert object_box(alpha) == Box(10, 10, 5, 5)
    alpha[alpha > FAINT] = 0
    assert object_box(alpha) == Box(0, 0, 1, 1)
    assert object_box(np.zeros_like(alpha)) is None


def test_margins_are_written_as_in_css() -> None:
    box, size = Box(100, 100, 50, 20), (300, 300)
    assert Margin.parse("10").around(box, size) == Box(90, 90, 70, 40)
    assert Margin.parse("10px 10%").around(box, size) == Box(95, 90, 60, 40)
    assert Margin.parse("1 2 3 4").around(box, size) == Box(96, 99, 56, 24)


@pytest.mark.parametrize("text", ["", "501", "50.5%", "-1", "1 2 3", "10em", "1e2", "ten", "1,2"])
def test_what_is_no_margin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"margin|from 0 to"):
        Margin.parse(text)


def test_a_cropped_cutout_is_that_part_of_the_whole() -> None:
    rgb, mask = photo(), np.zeros((60, 90), np.uint8)
    mask[20:40, 30:50] = 200
    whole = cut_out(from_array(rgb), mask)
    part = whole.cropped(margin=5)
    assert whole.box(5) == Box(25, 15, 30, 30)
    assert part.size == (30, 30)
    assert (part.rgba == whole.rgba[15:45, 25:55]).all()
    assert part.cropped().size == (20, 20)


def test_without_an_object_all_is_kept() -> None:
    nothing = cut_out(from_array(photo()), np.zeros((60, 90), np.uint8))
    assert nothing.cropped().size == (90, 60)


def picture(options: Options) -> Picture:
    """What is made of a photo, by a network that is fast."""
    remover = Remover.of(options)
    remover._loaded = Loaded(Brightness(), CARD)
    return remover.picture(photo())


@pytest.mark.parametrize("background", [None, Blur(), Scene(from_array(photo(200, 33)))])
def test_what_is_made_has_the_size_of_the_box(background: Blur | Scene | None) -> None:
    whole = picture(Options())
    assert isinstance(whole, Cutout)
    box = whole.box(2)
    assert box is not None
    margin = Margin.parse("2")
    made = picture(Options(background=background, crop=True, crop_margin=margin))
    mask = picture(Options(mask=True, crop=True, crop_margin=margin))
    assert made.size == mask.size == (box.width, box.height)


def test_a_margin_without_crop_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="set crop"):
        Options(crop_margin=Margin.parse("1"))
