from pathlib import Path

import pytest

from u2net.places.address import Address, is_address, redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ftp://me:pa@ss@host/a.jpg", "ftp://***@host/a.jpg"),
        ("https://h/a.jpg?X-Amz-Signature=abc&X-Amz-Credential=d", "https://h/a.jpg?***"),
        ("s3://bucket/a b.jpg", "s3://bucket/a b.jpg"),
        ("s3://bucket/what?.jpg", "s3://bucket/what?.jpg"),
        ("s3://bucket/what?x=1.jpg", "s3://bucket/what?x=1.jpg"),
        ("az://box/a.jpg?sv=1&sig=abc", "az://box/a.jpg?sv=1&sig=***"),
    ],
)
def test_an_address_shows_no_secret(text: str, shown: str) -> None:
    assert (str(Address(text)), repr(Address(text))) == (shown, f"Address({shown!r})")


def test_words_of_a_driver_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very/secret")
    told = "denied (secret_key='abc', token: def) for very/secret at http://u:p@h/x?sig=1"
    assert redacted(told) == "denied (secret_key=***, token: ***) for *** at http://***@h/x?***"


def test_a_path_is_an_address_of_this_machine_and_shown_as_a_path(tmp_path: Path) -> None:
    assert not is_address(str(tmp_path))
    assert str(Address.of(str(tmp_path)) / "a.jpg") == f"{tmp_path}/a.jpg"


def test_parts_of_an_address() -> None:
    address = Address.of("S3://bucket/in/") / "a.b.jpg"
    assert address == Address("s3://bucket/in/a.b.jpg")
    assert (address.name, address.suffix) == ("a.b.jpg", ".jpg")
    assert address.parent == Address("s3://bucket/in")


def test_a_word_of_an_innocent_setting_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "love")
    monkeypatch.setenv("USE_TOKEN", "true")
    assert redacted("truelove.jpg") == "truelove.jpg"


@pytest.mark.parametrize("user", ["KEY:SECRET", "KEY:SEC%52ET"])
def test_words_of_a_driver_do_not_show_what_the_address_holds(user: str) -> None:
    address = Address(f"s3://{user}@bucket/in")
    told = 'Invalid bucket name "KEY:SECRET@bucket", SECRET'
    assert address.hidden_in(told) == 'Invalid bucket name "***@bucket", ***'


def test_one_place_has_one_address(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "in")
    one = Address.of(str(tmp_path / "in/out")).canonical
    for text in (f"file://{tmp_path}/x/../in/out", f"local://{tmp_path}/alias/out"):
        assert Address.of(text).canonical == one
    assert Address.of("s3a://b/in").canonical == Address.of("s3://b/in").canonical
