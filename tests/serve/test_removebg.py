"""`/v1.0/removebg` as remove.bg's API has it: fields, headers, answers, error codes."""

import base64
import dataclasses
import io
import json
from collections.abc import Callable
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from made_pictures import encoded
from serving import EXAMPLES
from u2net.arrays import Box
from u2net.cutout import Cutout, Layers
from u2net.remover import Remover
from u2net.serve.problem import Problem
from u2net.serve.removebg.failure import failure_of
from u2net.serve.removebg.wishes import wishes_of
from u2net.serve.removebg.work import place

CAT = (EXAMPLES / "cat.jpg").read_bytes()
B64 = base64.b64encode(CAT).decode()
WIDTH, HEIGHT = 451, 300
PATH = "/v1.0/removebg"


def ask(client: TestClient, **fields: str) -> Any:
    return client.post(PATH, files={"image_file": CAT}, data=fields)


def pixels(answer: Any) -> NDArray[np.uint8]:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def box(alpha: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what shows."""
    rows, columns = (np.flatnonzero((alpha > 12).any(axis=axis)) for axis in (1, 0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def test_every_kind_of_body_gives_the_same_picture(client: TestClient) -> None:
    upload = ask(client)
    urlencoded = client.post(PATH, data={"image_file_b64": B64})
    as_json = client.post(PATH, json={"image_file_b64": B64, "crop": False, "bg_color": None})
    assert pixels(upload).shape == (HEIGHT, WIDTH, 4)
    assert upload.content == urlencoded.content == as_json.content
    assert upload.headers["content-type"] == "image/png"


def test_who_accepts_json_gets_base64_in_it(client: TestClient) -> None:
    headers = {"Accept": "application/json"}
    answer = client.post(PATH, json={"image_file_b64": B64}, headers=headers)
    data = answer.json()["data"]
    assert base64.b64decode(data["result_b64"]) == ask(client).content
    assert data["foreground_width"] == int(answer.headers["x-foreground-width"])


def test_media_types_are_read_in_any_case(client: TestClient) -> None:
    headers = {
        "Content-Type": "Application/JSON; charset=utf-8",
        "Accept": "Image/*, APPLICATION/json",
    }
    answer = client.post(PATH, content=json.dumps({"image_file_b64": B64}), headers=headers)
    assert base64.b64decode(answer.json()["data"]["result_b64"]) == ask(client).content


def test_base64_may_be_escaped_and_have_blanks(client: TestClient) -> None:
    lines = "\r\n".join(B64[at : at + 76] for at in range(0, len(B64), 76))
    escaped = "".join(f"%{ord(char):02x}" for char in B64)
    in_json = '{"image_file_b64": "' + "".join(f"\\u{ord(char):04X}" for char in B64) + '"}'
    for body, kind in (
        (f"size=preview&image_file_b64={escaped}&&", "x-www-form-urlencoded"),
        (in_json, "json"),
        (json.dumps({"image_file_b64": lines}), "json"),
    ):
        headers = {"Content-Type": f"application/{kind}"}
        answer = client.post(PATH, content=body, headers=headers)
        assert answer.content == ask(client).content


def test_headers_say_what_was_made_of_what(client: TestClient) -> None:
    answer = ask(client, crop="true", type_level="2")
    left, top, width, height = (
        int(answer.headers[f"x-foreground-{name}"]) for name in ("left", "top", "width", "height")
    )
    assert (left, top, left + width, top + height) == box(pixels(ask(client))[..., 3])
    assert (int(answer.headers["x-width"]), int(answer.headers["x-height"])) == (width, height)
    assert (answer.headers["x-type"], answer.headers["x-credits-charged"]) == ("other", "0")
    assert "x-type" not in ask(client, type_level="none").headers


LARGER = {"preview": (900, 600), "medium": (1800, 1200), "hd": (2700, 1800)}
"""Width and height of a picture that is larger than each size."""


@pytest.mark.parametrize(
    ("size", "most"), [("preview", 250_000), ("medium", 1_500_000), ("hd", 4_000_000)]
)
def test_a_size_bounds_the_pixels_and_keeps_the_proportions(
    client: TestClient, size: str, most: int
) -> None:
    large = Image.open(io.BytesIO(CAT)).resize(LARGER[size])
    answer = client.post(PATH, files={"image_file": encoded(large, "JPEG")}, data={"size": size})
    width, height = int(answer.headers["x-width"]), int(answer.headers["x-height"])
    assert most * 0.98 < width * height <= most
    assert width / height == pytest.approx(1.5, rel=0.01)
    # Of the picture that came, not of the smaller one.
    share = int(ask(client).headers["x-foreground-width"]) / WIDTH
    found = int(answer.headers["x-foreground-width"])
    assert found == pytest.approx(share * LARGER[size][0], rel=0.05)


@pytest.mark.parametrize(("size", "most"), [("preview", 250_000), ("full", 10_000_000)])
def test_a_size_bounds_what_a_margin_makes_larger(client: TestClient, size: str, most: int) -> None:
    wide = LARGER["hd"] if size == "preview" else (3600, 2400)
    large = encoded(Image.open(io.BytesIO(CAT)).resize(wide), "JPEG")
    fields = {"size": size, "crop": "true", "crop_margin": "50%", "format": "png"}
    alpha = pixels(client.post(PATH, files={"image_file": large}, data=fields))[..., 3]
    height, width = alpha.shape
    assert width * height <= most
    left, top, right, bottom = box(alpha)
    # The margin keeps its share of the object.
    for start, end, side in ((left, right, width), (top, bottom, height)):
        assert start / (end - start) == pytest.approx(0.5, abs=0.02)
        assert (side - end) / (end - start) == pytest.approx(0.5, abs=0.02)


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.lists(st.integers(0, 90), min_size=4, max_size=4),
    st.integers(1, 9000),
)
def test_whatever_the_margin_the_object_lies_within_the_bound(
    size_hw: tuple[int, int], margin: list[int], pixels: int
) -> None:
    height, width = size_hw
    plane = np.full((height, width), 255, np.uint8)
    cutout = Cutout(pixels=Layers(np.dstack([plane] * 3), plane))
    asked = wishes_of({"crop": "true", "crop_margin": " ".join(map(str, margin))})
    bounded = dataclasses.replace(asked, megapixels=pixels / 1e6)
    placed = place(cutout, Box(0, 0, width, height), bounded)
    # Sides are of a pixel or more.
    assert placed.alpha.size <= max(pixels, *placed.alpha.shape)
    assert placed.alpha.any()


@pytest.mark.parametrize("kind", ["graphics", "transportation"])
def test_a_type_that_answers_may_have_can_be_asked_for(client: TestClient, kind: str) -> None:
    assert ask(client, type=kind).status_code == 200


def test_a_format_can_be_asked_for_and_auto_is_what_fits(client: TestClient) -> None:
    kinds = {
        ("auto", ""): "image/png",
        ("auto", "fff"): "image/jpeg",
        ("auto", "ffffff80"): "image/png",
        ("png", "fff"): "image/png",
        ("jpg", ""): "image/jpeg",
        ("webp", ""): "image/webp",
    }
    for (kind, colour), media in kinds.items():
        answer = ask(client, format=kind, bg_color=colour)
        assert answer.headers["content-type"] == media
    # What is not there is white in a jpg.
    assert (pixels(ask(client, format="jpg"))[0, 0] > 250).all()


def test_a_zip_holds_colours_and_alpha(client: TestClient) -> None:
    answer = ask(client, format="zip")
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        colours, alpha = (
            np.asarray(Image.open(archive.open(name))) for name in ("color.jpg", "alpha.png")
        )
    rgba = pixels(ask(client))
    assert np.array_equal(alpha, rgba[..., 3])
    solid = alpha == 255
    assert np.abs(colours[solid].astype(int) - rgba[solid, :3]).mean() < 3


def test_alpha_alone_is_the_alpha_of_the_cut_out(client: TestClient) -> None:
    assert np.array_equal(pixels(ask(client, channels="alpha")), pixels(ask(client))[..., 3])


def test_a_colour_behind_may_be_translucent(client: TestClient) -> None:
    rgba, opaque, half = (
        pixels(ask(client, bg_color=colour, format="png")).astype(int)
        for colour in ("", "ff0000", "ff000080")
    )
    assert (opaque[0, 0] == (255, 0, 0)).all()
    assert (half[0, 0] == (255, 0, 0, 128)).all()
    solid = rgba[..., 3] == 255
    assert np.array_equal(half[solid], rgba[solid])
    named = pixels(ask(client, bg_color="red", format="png"))
    assert np.array_equal(named, opaque)


def test_a_picture_can_come_behind(client: TestClient) -> None:
    blue = encoded(np.full((10, 400, 3), (0, 0, 255), np.uint8))
    files = {"image_file": CAT, "bg_image_file": blue}
    seen = pixels(client.post(PATH, files=files, data={"format": "png"}))
    assert (seen[0, 0] == (0, 0, 255)).all()


def test_the_region_of_interest_bounds_the_object(client: TestClient) -> None:
    alpha = pixels(ask(client, roi="50% 0px 451px 100%"))[..., 3]
    assert not alpha[:, :225].any()
    assert alpha[:, 230:].any()


def test_crop_leaves_the_object_and_its_margin(client: TestClient) -> None:
    left, top, right, bottom = box(pixels(ask(client))[..., 3])
    wide, high = right - left, bottom - top
    assert pixels(ask(client, crop="true")).shape == (high, wide, 4)
    margin = pixels(ask(client, crop="true", crop_margin="30px 10%"))
    assert margin.shape == (high + 60, wide + 2 * round(wide * 0.1), 4)
    assert not margin[:30, ..., 3].any()


def test_the_object_can_be_scaled_and_placed(client: TestClient) -> None:
    left, top, right, bottom = box(pixels(ask(client, scale="50%"))[..., 3])
    fills = max((right - left) / WIDTH, (bottom - top) / HEIGHT)
    assert fills == pytest.approx(0.5, abs=0.02)
    assert left + right == pytest.approx(WIDTH, abs=3)
    assert top + bottom == pytest.approx(HEIGHT, abs=3)
    left, _, _, bottom = box(pixels(ask(client, scale="50%", position="0% 100%"))[..., 3])
    assert (left, bottom) == (pytest.approx(0, abs=1), pytest.approx(HEIGHT, abs=1))


WRONG = {
    "missing_source": {},
    "multiple_sources": {"image_file": CAT, "image_file_b64": B64},
    "multiple_bg_sources": {"image_file": CAT, "bg_color": "fff", "bg_image_file": CAT},
    "invalid_size": {"image_file": CAT, "size": "huge"},
    "invalid_format": {"image_file": CAT, "format": "gif"},
    "invalid_channels": {"image_file": CAT, "channels": "rgb"},
    "invalid_roi": {"image_file": CAT, "roi": "0 0 1 1"},
    "roi_exceeds_bounds": {"image_file": CAT, "roi": "0px 0px 9999px 10px"},
    "roi_region_empty": {"image_file": CAT, "roi": "50% 50% 50% 60%"},
    "invalid_crop": {"image_file": CAT, "crop": "perhaps"},
    "invalid_crop_margin": {"image_file": CAT, "crop": "true", "crop_margin": "60%"},
    "invalid_scale": {"image_file": CAT, "scale": "5%"},
    "invalid_position": {"image_file": CAT, "position": "120%"},
    "invalid_bg_color": {"image_file": CAT, "bg_color": "12345"},
    "invalid_type": {"image_file": CAT, "type": "ghost"},
    "invalid_add_shadow": {"image_file": CAT, "add_shadow": "true"},
    "invalid_shadow_type": {"image_file": CAT, "shadow_type": "drop"},
    "invalid_semitransparency": {"image_file": CAT, "semitransparency": "false"},
    "invalid_image_url": {"image_url": "https://example.com/cat.jpg"},
    "invalid_bg_image_url": {"image_file": CAT, "bg_image_url": "https://example.com/a.jpg"},
    "invalid_file_type": {"image_file": b"hello"},
    "failed_to_read_image": {"image_file": CAT[:3000]},
    "resolution_too_high": {"image_file": encoded(np.zeros((1, 70_000), np.uint8))},
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_has_the_code_of_that_api(client: TestClient, code: str) -> None:
    files = {name: value for name, value in WRONG[code].items() if isinstance(value, bytes)}
    data = {name: value for name, value in WRONG[code].items() if isinstance(value, str)}
    answer = client.post(PATH, files=files or {"x": b""}, data=data)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == code
    assert set(error) == {"title", "code", "detail"}


def test_a_picture_without_an_object_has_the_code_of_that_api(
    client_of: Callable[..., TestClient], lite: Remover
) -> None:
    grey = encoded(np.full((64, 64, 3), 90, np.uint8))
    answer = client_of(lite).post(PATH, files={"image_file": grey})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_foreground")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"image_file_b64": {}}', b"[" * 100_000])
def test_json_that_is_none_is_told(client: TestClient, body: bytes) -> None:
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid_request")


def test_what_nobody_knows_is_named_in_the_answer(client: TestClient) -> None:
    assert ask(client, sparkle="1").headers["x-unknown-parameters"] == "sparkle"
    assert "x-unknown-parameters" not in ask(client).headers


def test_a_background_that_cannot_be_read_is_told_as_there(client: TestClient) -> None:
    answer = client.post(PATH, files={"image_file": CAT, "bg_image_file": CAT[:5000]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "failed_to_read_image"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("unfit-image", "failed_to_read_image"),
        ("not-installed", "invalid_file_type"),
        ("unfit-model", "invalid_request"),
        ("slow-request", "invalid_request"),
    ],
)
def test_what_went_wrong_elsewhere_is_told_as_there(kind: str, code: str) -> None:
    answer = failure_of(Problem(422, kind, "why"))
    assert answer.status_code == 400
    assert json.loads(bytes(answer.body))["errors"][0]["code"] == code


@pytest.mark.parametrize("text", ['{"image_file_b64":"%s","\\ud800":"a"}', '{"\\udfff":["%s"]}'])
def test_half_of_a_surrogate_pair_is_refused(client: TestClient, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post(PATH, content=text % B64, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalid_request")


def test_more_fields_than_anybody_needs_are_refused(client: TestClient) -> None:
    few, many = ({f"f{n}": "1" for n in range(count)} for count in (39, 40))
    picture = {"image_file_b64": B64}
    for form in ("json", "data"):
        assert client.post(PATH, **{form: picture | few}).status_code == 200
        answer = client.post(PATH, **{form: picture | many})
        assert (answer.status_code, "40 fields" in answer.text) == (400, True)


def test_of_unknown_fields_as_many_are_named_as_a_header_holds(client: TestClient) -> None:
    names = {f"{n:02}{'ü' * 5000}": "1" for n in range(20)}
    answer = client.post(PATH, json=names | {"image_file_b64": B64})
    assert answer.status_code == 200
    assert len(answer.headers["x-unknown-parameters"]) < 4000


def test_a_key_and_a_full_house_are_told_as_there(client_of: Callable[..., TestClient]) -> None:
    guarded = client_of(api_key="k")
    assert ask(guarded).status_code == 403
    assert guarded.get("/v1.0/account").status_code == 403
    account = guarded.get("/v1.0/account", headers={"X-API-Key": "k"}).json()
    assert account["data"]["attributes"]["credits"]["total"] > 0
    assert account["data"]["attributes"]["api"]["sizes"] == "all"
    small = client_of(body_bytes=1000)
    assert ask(small).json()["errors"][0]["code"] == "file_too_large"
    full = client_of(requests=0)
    answer = ask(full)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["errors"][0]["title"] == "Rate limit exceeded"
