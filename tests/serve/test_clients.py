"""Clients of other services, sent here: remove.bg's in Python and node, curl as rembg has it."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from made_pictures import opened
from serving import EXAMPLES, Served, served

pytest.importorskip("fastapi", reason="the extra 'serve' is not installed")

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
CAT = EXAMPLES / "cat.jpg"


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    """One that wants a key, as remove.bg does."""
    with served("-m", "swift", U2NET_API_KEY="k") as service:
        yield service


def test_the_client_from_pypi(
    service: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pytest.importorskip("removebg.removebg", reason="removebg is not installed")
    monkeypatch.setattr(client, "API_ENDPOINT", service.url + "/v1.0/removebg")
    log, photo, cut = (tmp_path / name for name in ("log", "cat.jpg", "cut.png"))
    shutil.copy(CAT, photo)
    remove = client.RemoveBg("k", str(log))
    remove.remove_background_from_img_file(str(photo), size="regular", bg_color="fff")
    text = base64.b64encode(CAT.read_bytes())
    remove.remove_background_from_base64_img(text, new_file_name=str(cut))
    assert opened(f"{photo}_no_bg.png").format == "JPEG"
    assert opened(cut).mode == "RGBA"
    stranger = client.RemoveBg("wrong", str(log))
    with pytest.raises(OSError, match="403"):
        stranger.remove_background_from_base64_img(text)


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.skipif(not (PACKAGES / "remove.bg").is_dir(), reason=".ci/packages was not run")
def test_the_client_from_npm(service: Served) -> None:
    done = subprocess.run(
        ["node", "--no-deprecation", HERE / "remove-bg.mjs"],
        env=os.environ | {"SERVICE": service.url, "FILE": str(CAT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers["file"]["base64img"] == answers["base64"]["base64img"]
    picture = Image.open(BytesIO(base64.b64decode(answers["file"]["base64img"])))
    assert [str(side) for side in picture.size] == [
        answers["file"]["resultWidth"],
        answers["file"]["resultHeight"],
    ]
    assert picture.format == "JPEG"
    assert (answers["file"]["creditsCharged"], answers["file"]["detectedType"]) == ("0", "other")
    assert answers["refused"][0]["code"] == "invalid_file_type"


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_calls_that_rembg_documents(service: Served, tmp_path: Path) -> None:
    url, out = f"{service.url}/api/remove", tmp_path / "output.png"
    key = ["-H", "X-Api-Key: k"]
    subprocess.run(["curl", "-s", *key, "-F", f"file=@{CAT}", url, "-o", out], check=True)
    assert opened(out).mode == "RGBA"
    fetched = ["curl", "-s", *key, f"{url}?url=http://127.0.0.1/cat.jpg"]
    assert b"switched off" in subprocess.run(fetched, check=True, capture_output=True).stdout
