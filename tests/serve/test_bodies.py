"""Bodies that are text: read off the event loop, in memory that was counted."""

import base64
import json
import threading
import tracemalloc
from collections.abc import Callable
from urllib.parse import parse_qsl, quote_from_bytes, urlencode

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from serving import EXAMPLES
from u2net.serve import urlencoded
from u2net.serve.problem import Problem
from u2net.serve.removebg import fields

B64 = base64.b64encode((EXAMPLES / "cat.jpg").read_bytes()).decode()
PATH = "/v1.0/removebg"
MEGA = 1 << 20
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ENDLESS = {
    "escapes": (b"image_file_b64=" + b"%41" * (MEGA // 3), FORM),
    "ands": (b"&" * MEGA, FORM),
    "fields": (
        b"{" + b",".join(b'"%d":1' % n for n in range(MEGA // 10)) + b"}",
        {"Content-Type": "application/json"},
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("path", [PATH, "/v1/remove"])
def test_a_body_takes_some_times_its_size_whatever_it_holds(
    client: TestClient, name: str, path: str
) -> None:
    body, headers = ENDLESS[name]
    tracemalloc.start()
    try:
        answer = client.post(path, content=body, headers=headers)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 400 <= answer.status_code < 500
    assert peak < 12 * MEGA


@pytest.mark.parametrize("form", ["data", "json"])
def test_the_event_loop_goes_on_while_a_body_is_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    threads = set()

    def noting(read: Callable[..., object]) -> Callable[..., object]:
        def read_noting(*arguments: object, **more: object) -> object:
            threads.add(threading.current_thread().name)
            return read(*arguments, **more)

        return read_noting

    monkeypatch.setattr(urlencoded, "fields_in", noting(urlencoded.fields_in))
    monkeypatch.setattr(json, "loads", noting(json.loads))
    answer = client.post(PATH, **{form: {"image_file_b64": B64}})
    assert answer.status_code == 200
    assert [name for name in threads if "worker" in name.lower()] == [*threads]
    assert threads


def test_a_text_that_takes_more_than_its_body_is_counted(
    client_of: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of()
    gate = client.app.state.service.gate  # type: ignore[attr-defined]
    held = []
    picture_in = fields.content

    def content(*arguments: object) -> bytes:
        held.append(gate.bytes)
        return picture_in(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(fields, "content", content)
    for sign in ("A", "ü"):
        client.post(PATH, json={"image_file_b64": sign * MEGA})
    plain, wide = held
    assert 3 * MEGA <= plain < 4 * MEGA
    # Each sign came in two bytes, and each of them may be four.
    assert wide >= 2 * 6 * MEGA
    assert gate.bytes == 0


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=99)), max_size=5),
    st.integers(3, 9),
)
def test_a_form_is_read_as_it_was_written(pairs: list[tuple[str, str]], piece: int) -> None:
    body = urlencode(pairs, errors="replace").encode()
    expected = parse_qsl(body.decode(), keep_blank_values=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urlencoded, "_SLICE", piece)
        assert urlencoded.fields_in(body, most=6, most_bytes=9999) == expected


@given(st.binary(max_size=60))
def test_whatever_else_comes_is_read_as_others_do(data: bytes) -> None:
    body = data.replace(b"&", b"").replace(b"=", b"")
    read = urlencoded.fields_in(b"a=" + body, most=2, most_bytes=99)
    raw = quote_from_bytes(body, safe="%+").encode()
    assert read == parse_qsl("a=" + raw.decode(), keep_blank_values=True)


def test_fields_have_a_bound_of_number_and_of_size() -> None:
    for body in (b"a=1&b=2&c=3", b"a=" + b"1" * 2048):
        with pytest.raises(Problem, match="400"):
            urlencoded.fields_in(body, most=2, most_bytes=1024)


def test_a_form_in_a_charset_that_is_no_charset_is_refused(client: TestClient) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="image_file_b64"\r\n\r\n-\r\n--b--\r\n'
    for charset in ("punycode", "unicode_escape"):
        headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
        answer = client.post(PATH, content=body, headers=headers)
        assert "charset" in answer.json()["errors"][0]["detail"]
