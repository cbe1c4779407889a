"""`/api/remove` as rembg's server has it."""

import pytest
from fastapi.testclient import TestClient

from made_pictures import decoded
from serving import EXAMPLES

CAT = (EXAMPLES / "cat.jpg").read_bytes()


def test_a_file_becomes_a_cut_out(client: TestClient) -> None:
    answer = client.post("/api/remove", files={"file": CAT}, data={"model": "swift"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content == client.post("/v1/remove", files={"image": CAT}).content


def test_the_mask_and_a_colour_can_be_asked_for(client: TestClient) -> None:
    mask = decoded(client.post("/api/remove", files={"file": CAT}, data={"om": "true"}).content)
    assert mask.shape == (300, 451)
    for where in ({"params": {"bgc": "255,0,0,255"}}, {"data": {"bgc": "255,0,0,255"}}):
        red = decoded(client.post("/api/remove", files={"file": CAT}, **where).content)
        assert (red[mask == 0] == (255, 0, 0)).all()
    half = decoded(client.post("/api/remove?bgc=0,0,255,100", files={"file": CAT}).content)
    assert (half[mask == 0] == (0, 0, 255, 100)).all()
    none = decoded(client.post("/api/remove?bgc=9,9,9,0", files={"file": CAT}).content)
    assert not none[mask == 0].any()


@pytest.mark.parametrize(
    ("form", "query", "status"),
    [
        ({"a": "true"}, "", 422),
        ({"ppm": "true"}, "", 422),
        ({"af": "300"}, "", 422),
        ({"ae": "-1"}, "", 422),
        ({"om": "perhaps"}, "", 422),
        ({"model": "nonesuch"}, "", 404),
        ({}, "?bgc=1,2,3", 422),
        ({}, "?bgc=red", 422),
        ({}, "?bgc=1,2,3,256", 422),
        ({}, '?extras={"sam_prompt":[]}', 422),
    ],
)
def test_what_is_not_done_here_is_refused_in_its_form(
    client: TestClient, form: dict[str, str], query: str, status: int
) -> None:
    answer = client.post(f"/api/remove{query}", files={"file": CAT}, data=form)
    assert answer.status_code == status
    assert list(answer.json()) == ["detail"]


def test_nothing_is_fetched_unless_that_was_switched_on(client: TestClient) -> None:
    answer = client.get("/api/remove", params={"url": "http://127.0.0.1/cat.jpg"})
    assert (answer.status_code, "switched off" in answer.json()["detail"]) == (403, True)
    assert client.post("/api/remove", files={"file": b"x"}).status_code == 415


def test_a_text_where_a_file_was_expected_is_told_in_words(client: TestClient) -> None:
    answer = client.post("/api/remove", data={"file": "cat.jpg"})
    assert answer.status_code == 422
    assert answer.json() == {"detail": "file: a file was expected"}
