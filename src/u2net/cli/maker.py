"""What `u2net remove` makes of one input."""

from dataclasses import dataclass
from pathlib import Path

import click

from u2net.background import Background
from u2net.cli.pipes import STDIN, stdin
from u2net.cutout import Picture
from u2net.remover import Remover


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A path, or stdin, to the picture that was asked for."""

    remover: Remover
    mask: bool
    background: Background | None

    def __call__(self, path: Path) -> Picture:
        """The mask, the cut-out, or the cut-out over its background."""
        source = stdin() if path == STDIN else path
        if self.mask:
            return Picture(pixels=self.remover.mask(source))
        return self.remover.compose(source, self.background)

    def check(self, kind: str) -> None:
        """Raise `click.UsageError` when no result can be held by the format `kind`."""
        if kind == "jpg" and not self.mask and self.background is None:
            raise click.UsageError("jpg has no transparency: give --background or another --format")
