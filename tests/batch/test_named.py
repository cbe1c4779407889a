import pytest
from hypothesis import given
from hypothesis import strategies as st

from u2net.batch import named as module
from u2net.batch.named import named

LETTERS = st.text(alphabet="ab-.", min_size=1, max_size=5)
NAMES = st.builds("{}{}".format, LETTERS, st.sampled_from([".jpg", ".png", ".jpg.png"]))


def test_results_are_called_by_the_stem_unless_two_share_it() -> None:
    names = ["a-1.jpg", "a.b.jpg", "a.jpg", "a.png", "b/a.jpg"]
    results = ["a-1.webp", "a.b.webp", "a.jpg.webp", "a.png.webp", "b/a.webp"]
    assert list(named(names, "webp")) == list(zip(names, results, strict=True))


def test_a_stem_that_ends_like_a_picture_keeps_the_suffix() -> None:
    names = ["a.jpg", "a.jpg.png", "a.png"]
    assert [made for _, made in named(names, "png")] == ["a.jpg.png", "a.jpg.png.png", "a.png.png"]


@given(st.lists(NAMES, unique=True), st.sampled_from([2, 4096]))
def test_no_two_results_are_called_alike(names: list[str], window: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WINDOW", window)
        found = list(named(sorted(names), "png"))
    assert [name for name, _ in found] == sorted(names)
    assert len({made for _, made in found}) == len(names)
