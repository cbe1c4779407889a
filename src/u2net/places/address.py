"""`s3://bucket/name`: where a file or a folder is, told without what is secret in it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

LOCAL = "file"

_ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")
_USER = re.compile(r"(?<=://)[^/?#\s@]*(?:@(?=[^/?#\s]*@)[^/?#\s@]*)*@")
_QUERY = re.compile(r"(https?://[^\s?'\")>]*)\?[^\s'\")>]*=[^\s'\")>]*")
"""Of a signed URL; in other addresses a question mark is a character of names."""

_NAMED = re.compile(
    r"((?:[?&]sig|secret|passw|token|signature|credential|access.?key|account.?key)[\w-]*[\"']?\s*[:=]\s*)"
    r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&)}]+)",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"SECRET|TOKEN(?![A-Z])|PASSWORD|ACCESS_KEY|ACCOUNT_KEY|CONNECTION_STRING|(?:^|_)SAS(?:_|$)"
)
_WORDS = ("true", "false", "none", "null")
_SAME = {"s3a": "s3", "gcs": "gs", "abfs": "az", "abfss": "az", "local": LOCAL}
"""Other schemes of one store."""


def is_address(text: str) -> bool:
    """Whether `text` begins as an address does, with a scheme such as s3://."""
    return _ADDRESS.match(text) is not None


def redacted(text: str) -> str:
    """`text` without users and passwords, signed queries, and what the environment holds secret."""
    for name, value in os.environ.items():
        if len(value) >= 4 and value.lower() not in _WORDS and _SECRET.search(name.upper()):
            text = text.replace(value, "***")
    return _NAMED.sub(r"\1***", _QUERY.sub(r"\1?***", _USER.sub("***@", text)))


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is. Printed, it shows no secret; a local one is printed as its path."""

    text: str
    """With its scheme."""

    @classmethod
    def of(cls, text: str) -> "Address":
        """Of an address, or of a path of this machine."""
        if not is_address(text):
            return cls(f"{LOCAL}://{Path(text).absolute()}")
        scheme, rest = text.split("://", 1)
        return cls(f"{scheme.lower()}://{rest}")

    @property
    def scheme(self) -> str:
        """Which driver reads it."""
        return self.text.split("://", 1)[0]

    @property
    def rest(self) -> str:
        """What is behind the scheme."""
        return self.text.split("://", 1)[1]

    @property
    def name(self) -> str:
        """What is behind the last slash."""
        return self.rest.rstrip("/").rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """The last dot of the name, and what is behind it."""
        return Path(self.name).suffix

    @property
    def parent(self) -> "Address":
        """The folder that it is in."""
        return Address(f"{self.scheme}://{self.rest.rstrip('/').rpartition('/')[0]}")

    @property
    def canonical(self) -> "Address":
        """One address for one place: without links and dots, and with one scheme of several."""
        scheme = _SAME.get(self.scheme, self.scheme)
        rest = os.path.realpath(self.rest) if scheme == LOCAL else self.rest
        return Address(f"{scheme}://{rest}")

    def hidden_in(self, text: str) -> str:
        """`text` as `redacted`, and without the user and password of this address."""
        user, at, _ = re.split(r"[/?#]", self.rest, maxsplit=1)[0].rpartition("@")
        if at:
            password = user.partition(":")[2]
            for secret in (user + at, unquote(user) + at, password, unquote(password)):
                if len(secret) > 1:
                    text = text.replace(secret, f"***{at if secret.endswith(at) else ''}")
        return redacted(text)

    def __truediv__(self, name: str) -> "Address":
        """What is called `name` below it."""
        return (
            Address(f"{self.text.rstrip('/')}/{name}") if self.rest else Address(self.text + name)
        )

    def __str__(self) -> str:
        return self.rest if self.scheme == LOCAL else redacted(self.text)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"
