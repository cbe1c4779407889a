"""What stands around every route: ids, headers, the key, other sites, figures."""

import json
import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from serving import EXAMPLES
from u2net.remover import Remover
from u2net.serve.service import Service

CAT = (EXAMPLES / "cat.jpg").read_bytes()


def test_it_is_not_ready_before_its_networks_run(
    client_of: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of()
    with monkeypatch.context() as patch:
        patch.setattr(Remover, "is_loaded", False)
        early = client.get("/ready")
        assert (early.status_code, early.headers["retry-after"]) == (503, "1")
        assert client.get("/health").status_code == 200
    assert client.get("/ready").json() == {"status": "ready"}


@pytest.mark.parametrize("path", ["/health", "/ready", "/", "/docs", "/page.css"])
def test_who_asks_for_the_head_alone_gets_it(client: TestClient, path: str) -> None:
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_methods_are_those_of_the_route_that_was_asked(client: TestClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = client.request(method, "/v1/remove")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.json()["type"] == "urn:u2net:problem:method-not-allowed"
    assert client.post("/nowhere").status_code == 404
    assert client.get("/page.css/x").status_code == 404


def test_an_id_is_given_back_or_made(client: TestClient) -> None:
    assert client.get("/health", headers={"X-Request-Id": "a-1"}).headers["x-request-id"] == "a-1"
    for given in ({}, {"X-Request-Id": "two words"}, {"X-Request-Id": "x" * 65}):
        made = client.get("/nowhere", headers=given).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", made)


def test_no_answer_runs_or_shows_anything_from_elsewhere(client: TestClient) -> None:
    for answer in (client.get("/health"), client.get("/nowhere"), client.post("/v1/remove")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/v1/remove", "/v1.0/removebg"])
def test_a_fault_is_answered_as_all_else_is(
    client_of: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    client = client_of(origins=("https://shop.example",))

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Service, "remover", fail)
    files = {"image": CAT} if path == "/v1/remove" else {"image_file": CAT}
    answer = client.post(path, files=files, headers={"Origin": "https://shop.example"})
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]
    assert ("errors" in answer.json()) == (path == "/v1.0/removebg")


@pytest.mark.parametrize("path", ["/v1/remove", "/metrics"])
def test_with_a_key_nothing_that_costs_goes_without_it(
    client_of: Callable[..., TestClient], path: str
) -> None:
    client = client_of(api_key="säsam")
    method = "GET" if path == "/metrics" else "POST"
    body = {"files": {"image": CAT}} if method == "POST" else {}
    key = "säsam".encode()
    for wrong in ({}, {"X-Api-Key": "sesam"}, {"Authorization": "Basic säsam".encode()}):
        answer = client.request(method, path, headers=wrong, **body)
        assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")
    for right in ({b"X-Api-Key": key}, {b"Authorization": b"Bearer " + key}):
        assert client.request(method, path, headers=right, **body).status_code == 200
    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 200


def test_other_sites_may_not_read_answers_unless_named(
    client: TestClient, client_of: Callable[..., TestClient]
) -> None:
    ours, theirs = {"Origin": "https://shop.example"}, {"Origin": "https://other.example"}
    allowed = "access-control-allow-origin"
    assert allowed not in client.get("/health", headers=ours).headers
    open_to_one = client_of(origins=("https://shop.example",))
    assert open_to_one.get("/health", headers=ours).headers[allowed] == "https://shop.example"
    assert allowed not in open_to_one.get("/health", headers=theirs).headers
    exposed = open_to_one.get("/health", headers=ours).headers["access-control-expose-headers"]
    assert {"X-Width", "X-Height", "X-Type", "X-Foreground-Top"} <= set(exposed.split(", "))
    asked = ours | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "X-Api-Key",
    }
    assert open_to_one.options("/v1/remove", headers=asked).status_code == 200


def test_figures_count_requests_and_measure_steps(client_of: Callable[..., TestClient]) -> None:
    client = client_of()
    client.post("/v1/remove", files={"image": CAT})
    client.post("/v1/remove", files={"image": b"x"})
    client.get("/a/path/nobody/knows")
    figures = client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain; version=")
    lines = figures.text.splitlines()
    for line in (
        'u2net_requests_total{route="/v1/remove",status="200"} 1.0',
        'u2net_requests_total{route="/v1/remove",status="415"} 1.0',
        'u2net_requests_total{route="other",status="404"} 1.0',
        'u2net_step_seconds_count{step="decode"} 2.0',
        'u2net_step_seconds_count{step="network"} 1.0',
        'u2net_step_seconds_count{step="encode"} 1.0',
        "u2net_queue 0.0",
        "u2net_working 0.0",
        "u2net_requests_held 0.0",
        "u2net_bytes_held 0.0",
    ):
        assert line in lines


def test_a_line_a_request_is_written_on_request(
    client_of: Callable[..., TestClient], capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_of(log="json")
    client.post("/v1/remove", files={"image": b"x"}, headers={"X-Request-Id": "r-7"})
    client.get("/line%0Aend")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["id"], first["method"], first["path"]) == ("r-7", "POST", "/v1/remove")
    assert (first["status"], second["path"]) == (415, "/line\nend")
    client_of(log="text").get("/line%0Aend")
    assert capsys.readouterr().err.count("\n") == 1
    client_of().get("/health")
    assert capsys.readouterr().err == ""
