"""`metrics.csv`: one row per logged step; a resumed run cuts off what lies after its checkpoint."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger

from u2net.errors import OutputError

COLUMNS = (
    "step",
    "loss",
    *(f"l{level}" for level in range(7)),
    *("rate", "pictures_per_second", "skipped"),
    *("val_mae", "val_max_f"),
)


class CsvLog(Logger):
    """Appends to a CSV file with fixed columns; empty cells where a step has no value."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    @property
    def name(self) -> str:
        return "csv"

    @property
    def version(self) -> str:
        return ""

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """The recipe has a file of its own."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        row = {key: value for key, value in metrics.items() if key in COLUMNS}
        if row:
            self.append({**row, "step": step})

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row, to the disk at once."""
        new = not self.path.exists()
        try:
            with self.path.open("a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS)
                if new:
                    writer.writeheader()
                writer.writerow(row)
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written ({error.strerror}); free space"
            ) from error

    def cut(self, step: int) -> None:
        """Leave out the rows after `step`, and a last line that a kill cut short."""
        rows = [row for row in read(self.path) if int(row["step"]) <= step]
        self.path.unlink(missing_ok=True)
        for row in rows:
            self.append(row)


def read(path: Path) -> list[dict[str, str]]:
    """The complete rows of a metrics file; none when there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return [
        dict(zip(rows[0], row, strict=True))
        for row in rows[1:]
        if len(row) == len(rows[0]) and row[0]
    ]
