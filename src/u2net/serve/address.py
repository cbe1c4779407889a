"""Where a service listens."""

import socket

from u2net.errors import U2NetError


def listen(host: str, port: int) -> socket.socket:
    """A socket there; 0 is any port that is free. Raises `U2NetError` where there can be none."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise U2NetError(
            f"{host}:{port}: cannot be listened at ({reason}); give another --host or --port"
        ) from error


def address_of(listening: socket.socket) -> str:
    """What to type into a browser."""
    host, port, *_ = listening.getsockname()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
