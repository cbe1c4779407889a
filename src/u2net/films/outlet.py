"""Coded pictures on their way into a file, of which the last says how long the film is."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet


class Outlet:
    """Writes packets into `container`, the latest held back until it is known to be the last.

    The length of an MP4 is that of its packets in the order in which they are decoded, whose last
    may hold another frame than is shown last.
    """

    def __init__(self, container: "OutputContainer") -> None:
        self._container = container
        self._latest: Packet[Any] | None = None
        self._begin = 0
        """Where the first is decoded, on the clock of the packets."""

    def mux(self, packets: "Iterable[Packet[Any]]") -> None:
        """Write what comes next, one packet behind."""
        for packet in packets:
            if self._latest is None:
                self._begin = packet.dts or 0
            else:
                self._container.mux(self._latest)
            self._latest = packet

    def finish(self, packets: "Iterable[Packet[Any]]", seconds: float) -> None:
        """Write the rest, and `packets` last, of a film that lasts `seconds`."""
        self.mux(packets)
        if (last := self._latest) is None:
            return
        if last.time_base:
            past = (last.dts or 0) - self._begin
            last.duration = max(1, round(seconds / last.time_base) - past)
        self._container.mux(last)
