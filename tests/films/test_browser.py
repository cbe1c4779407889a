"""A transparent film in a real browser, over a coloured page."""

from pathlib import Path

import numpy as np
import pytest

from browser import chromium, look
from made_pictures import decoded
from u2net.films import FilmWriter

PAGE = b"""<body style="margin:0;background:rgb(20,120,220)">
<video src="film.webm" autoplay muted loop style="display:block"></video>"""


@pytest.mark.slow
def test_a_browser_shows_the_page_through_the_film(tmp_path: Path) -> None:
    rgba = np.zeros((96, 128, 4), np.uint8)
    rgba[16:80, 32:80] = (230, 200, 60, 255)
    rgba[16:80, 80:112] = (230, 200, 60, 128)
    with FilmWriter(tmp_path / "film.webm", rate=10) as writer:
        for number in range(10):
            writer.add(rgba, number / 10)
    (tmp_path / "page.html").write_bytes(PAGE)
    with chromium(tmp_path) as browser:
        look(browser, size=(128, 96))
        browser.get((tmp_path / "page.html").as_uri())
        shown = "const done = arguments[0], film = document.querySelector('video');"
        shown += "film.requestVideoFrameCallback(() => requestAnimationFrame(done))"
        browser.execute_async_script(shown)
        seen = decoded(browser.get_screenshot_as_png())[..., :3].astype(int)
    ground, object_ = np.array((20, 120, 220)), np.array((230, 200, 60))
    assert np.abs(seen[5, 5] - ground).max() <= 1
    assert np.abs(seen[48, 56] - object_).max() <= 8
    assert np.abs(seen[48, 96] - (ground + object_) / 2).max() <= 8
