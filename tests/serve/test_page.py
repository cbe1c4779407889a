"""The page in a real browser: what comes out of it, by mouse, keyboard and screen reader."""

import json
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from browser import PHONE, chromium, look
from serving import EXAMPLES, Served, served, until
from u2net import Options, Remover
from u2net.background import as_background

pytest.importorskip("fastapi", reason="the extra 'serve' is not installed")

CAT = EXAMPLES / "cat.jpg"
pytestmark = pytest.mark.slow
SWIFT = ("--model", "swift")
"""The quicker of the embedded networks."""
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser keeps what it downloads."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[Any]:
    """One for all tests."""
    with chromium(downloads) as browser:
        yield browser


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served("--jobs", "1", *SWIFT) as service:
        yield service


class Page:
    """The page as a person has it before themselves."""

    def __init__(self, browser: Any, service: Served, path: str = "/") -> None:
        self.browser = browser
        look(browser)
        browser.get(service.url + path)

    def find(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return list(self.browser.find_elements("css selector", selector))

    def choose(self, *files: Path) -> None:
        self.find("#files").send_keys("\n".join(map(str, files)))

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def done(self, state: str = "done", count: int = 1) -> None:
        """Wait for pictures that are in that state, and no more in work."""
        until(lambda: len(self.all(f'[data-state="{state}"]')) == count)
        until(lambda: not self.all('[aria-busy="true"]'))

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def saved(self, downloads: Path, selector: str = ".download") -> tuple[str, bytes]:
        """Name and content of what is downloaded."""
        for file in downloads.iterdir():
            file.unlink()
        self.click(selector)
        until(lambda: [file.suffix for file in downloads.iterdir()] in ([".png"], [".zip"]))
        (file,) = downloads.iterdir()
        return file.name, file.read_bytes()


@pytest.fixture
def page(browser: Any, service: Served) -> Page:
    return Page(browser, service)


def written(**options: Any) -> bytes:
    """What the command line writes of the same photo."""
    return Remover.of(Options(model="swift", **options)).picture(CAT).encode("png")


def test_what_is_downloaded_is_what_the_command_line_writes(page: Page, downloads: Path) -> None:
    page.choose(CAT)
    page.done()
    assert page.saved(downloads) == ("cat-cutout.png", written())
    assert page.find("#status").text == "1 of 1 done"


def test_a_picture_can_be_dropped_anywhere(page: Page) -> None:
    script = """
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
        data.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
        const event = new DragEvent(arguments[1], { dataTransfer: data, bubbles: true });
        document.body.dispatchEvent(event);
    """
    text = b64encode(CAT.read_bytes()).decode()
    page.run(script, text, "dragover")
    assert "over" in page.find("#drop").get_attribute("class")
    page.run(script, text, "drop")
    page.done()
    assert page.find("h2").text == "dropped.png"
    page.run(
        """
        const data = new DataTransfer();
        data.items.add(new File(["no picture"], "pasted.txt"));
        document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        """
    )
    page.done("failed")


def test_a_refused_file_shows_its_reason(page: Page, tmp_path: Path) -> None:
    (tmp_path / "cut-off.jpg").write_bytes(CAT.read_bytes()[:2000])
    page.choose(EXAMPLES / "README.md", tmp_path / "cut-off.jpg", CAT)
    page.done()
    first, second, _ = (one.text for one in page.all(".told"))
    assert "no picture among JPEG" in first
    assert "cut off" in second
    assert page.find("#status").text == "1 of 3 done, 2 failed"


def test_the_line_between_before_and_after_moves_by_keyboard(page: Page) -> None:
    page.choose(CAT)
    page.done()
    line = page.find(".view input")
    assert line.get_attribute("aria-label") == "How much of the original is shown, cat.jpg"

    for key, share in (("\ue012", 49), ("\ue011", 0), ("\ue010", 100), ("\ue00f", 90)):
        line.send_keys(key)
        assert line.get_attribute("aria-valuetext") == f"{share}% original"
        clip = "return getComputedStyle(document.querySelector('.before')).clipPath"
        assert f"{100 - share}%" in page.run(clip)


BACKGROUNDS = {
    "blur": ("[value=blur]", "blur"),
    "colour": ("[name=background][value=colour]", "#ffffff"),
}


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_another_background_makes_the_picture_anew(page: Page, downloads: Path, kind: str) -> None:
    selector, background = BACKGROUNDS[kind]
    page.choose(CAT)
    page.done()
    page.click(selector)
    page.done()
    _, data = page.saved(downloads)
    assert data == written(background=as_background(background))


def test_a_picture_comes_behind_when_one_is_chosen(page: Page, downloads: Path) -> None:
    behind = EXAMPLES / "coffee.jpg"
    page.choose(CAT)
    page.find("[name=picture]").send_keys(str(behind))
    page.done()
    _, data = page.saved(downloads)
    assert data == written(background=as_background(behind))


def test_the_mask_and_the_object_alone_can_be_had(page: Page, downloads: Path) -> None:
    page.choose(CAT)
    page.click("[value=mask]")
    page.done()
    assert page.saved(downloads) == ("cat-mask.png", written(mask=True))
    assert not page.find("[name=colour]").is_enabled()
    page.click("[value=cutout]")
    page.click("[name=crop]")
    page.done()
    assert page.saved(downloads) == ("cat-cutout.png", written(crop=True))
    assert not page.find(".view input").is_displayed()


def test_all_are_downloaded_as_one_zip(page: Page, downloads: Path) -> None:
    page.choose(CAT, EXAMPLES / "coffee.jpg", CAT)
    page.done(count=3)
    name, data = page.saved(downloads, "#zip")
    assert name == "cutouts.zip"
    with ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["cat-cutout.png", "coffee-cutout.png", "cat-cutout-2.png"]
        assert archive.read("cat-cutout-2.png") == written()
    page.click("#clear")
    assert not page.all(".picture")
    assert not page.find("#all").is_displayed()


def test_a_busy_service_is_asked_again(browser: Any) -> None:
    with served("--jobs", "1", "--requests", "1", *SWIFT) as busy:
        page = Page(browser, busy)
        page.choose(CAT, CAT, CAT)
        page.done(count=3)


def test_a_service_that_is_gone_is_told_in_words(browser: Any) -> None:
    with served(*SWIFT) as gone:
        page = Page(browser, gone)
        gone.end()
        page.choose(CAT)
        page.done("failed")
        assert page.find(".told").text == "the service does not answer; is it still running?"


def test_a_key_is_asked_for_where_one_is_wanted(browser: Any) -> None:
    with served(*SWIFT, U2NET_API_KEY="sesame") as guarded:
        page = Page(browser, guarded)
        page.choose(CAT)
        page.done("failed")
        assert page.run("return document.activeElement.name") == "key"
        page.find("[name=key]").send_keys("sesame\n")
        page.done()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: run .ci/packages")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_one_is_kept_out(browser: Any, service: Served, dark: bool) -> None:
    page = Page(browser, service)
    page.choose(CAT, EXAMPLES / "README.md")
    page.done()
    for size in (None, PHONE):
        look(browser, dark=dark, **({"size": size} if size else {}))
        assert findings(page) == []
    assert page.run("return document.documentElement.scrollWidth") <= PHONE[0]
    browser.get(service.url + "/docs")
    until(lambda: bool(page.all(".route")))
    assert findings(page) == []


def findings(page: Page) -> list[str]:
    """What axe finds that is serious, or worse."""
    page.run(AXE.read_text())
    found = page.browser.execute_async_script(
        "axe.run().then((found) => arguments[0](JSON.stringify(found.violations)))"
    )
    grave = [one for one in json.loads(found) if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in grave]


def test_nothing_comes_from_elsewhere_and_nothing_is_refused(page: Page, service: Served) -> None:
    page.browser.get_log("browser")
    page.choose(CAT)
    page.done()
    places = page.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    own = ("blob:" + service.url, service.url)
    assert [place for place in places if not place.startswith(own)] == []
    assert page.browser.get_log("browser") == []
