"""What workers have begun and not ended, kept where the death of a worker does not reach.

A picture that was begun and whose worker is gone is a suspect: it is taken up again by itself, so
that no other is blamed with it, and after some times no more.
"""

from collections import Counter

from u2net.cluster.rows import Row

TRIES = 3
"""Workers that one picture may take with it."""


class Ledger:
    """One for all workers; runs as an actor beside the driver."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._deaths: Counter[str] = Counter()
        self._rows: dict[str, Row] = {}
        self.retries = 0

    def past(self, names: list[str]) -> tuple[dict[str, Row], dict[str, int]]:
        """Of a bundle that is taken up: what is done of it already, and its suspects' deaths."""
        for name in names:
            if name in self._begun:
                self._begun.discard(name)
                self._deaths[name] += 1
                self.retries += 1
        rows = {name: self._rows[name] for name in names if name in self._rows}
        return rows, {name: self._deaths[name] for name in names if self._deaths[name]}

    def begin(self, name: str) -> None:
        """A worker takes `name` up."""
        self._begun.add(name)

    def end(self, name: str, row: Row) -> None:
        """It is done, well or not."""
        self._begun.discard(name)
        self._rows[name] = row

    def forget(self, names: list[str]) -> int:
        """Those are in the manifest; how often a picture was taken up anew so far."""
        for name in names:
            self._rows.pop(name, None)
            self._deaths.pop(name, None)
        return self.retries
