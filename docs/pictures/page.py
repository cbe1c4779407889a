"""Makes the pictures of the page: python docs/pictures/page.py. Needs what .ci/packages brings."""

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser import PHONE, WIDE, chromium, look  # noqa: E402
from serving import EXAMPLES, served, until  # noqa: E402

LOOKS = {"light": (False, WIDE), "dark": (True, WIDE), "phone": (False, PHONE)}


def main() -> None:
    """The page with three photos, in every look."""
    files = [EXAMPLES / f"{name}.jpg" for name in ("cat", "astronaut", "coffee")]
    with TemporaryDirectory() as folder, served() as service, chromium(Path(folder)) as browser:
        look(browser)
        browser.get(service.url)
        browser.find_element("id", "files").send_keys("\n".join(map(str, files)))
        until(lambda: len(browser.find_elements("css selector", "[data-state=done]")) == len(files))
        for name, (dark, size) in LOOKS.items():
            look(browser, dark=dark, size=size)
            picture = Image.open(BytesIO(browser.get_screenshot_as_png())).convert("RGB")
            picture.save(Path(__file__).with_name(f"page-{name}.jpg"), quality=88)


if __name__ == "__main__":
    main()
