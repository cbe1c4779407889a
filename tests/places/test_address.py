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
