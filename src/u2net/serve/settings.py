"""All that a service can be told, as one value."""

from dataclasses import dataclass

from u2net.machine.cores import cores
from u2net.pictures.limits import LIMITS, Limits

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Where only this machine can reach a service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Bounds and switches of a service; a process has one."""

    host: str = "127.0.0.1"
    port: int = 7000
    models: tuple[str, ...] = ("lite",)
    """What a request may ask for; the first is what it gets when it does not ask."""
    engine: str = "auto"
    precision: str = "auto"
    jobs: int = cores()
    """Pictures worked on at a time."""
    requests: int = 64
    """Held at a time: coming in, waiting, worked on, going out. One more is refused at once."""
    request_bytes: int = 256 << 20
    """Held by all of them together: bodies, and answers that were not taken yet."""
    body_bytes: int = 50 << 20
    """Of one request."""
    pixels: int = 64_000_000
    """Of one picture: width times height."""
    deadline: float = 60.0
    """Seconds until a request has come and its turn too; as many again for its picture, and until
    its answer was taken."""
    api_key: str | None = None
    """Must come with every request that costs something."""
    open: bool = False
    """Whether strangers may come in without a key where others than this machine can reach it."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may use the service."""
    fetch: bool = False
    """Whether pictures are fetched from addresses that requests name."""
    log: str = "off"
    """A line a request on stderr: off, text or json."""

    @property
    def limits(self) -> Limits:
        """Of one picture."""
        return Limits(pixels=self.pixels, file_bytes=min(self.body_bytes, LIMITS.file_bytes))

    @property
    def is_exposed(self) -> bool:
        """Whether anybody who can reach this machine could use the service."""
        return self.host not in LOOPBACK and not self.api_key and not self.open
