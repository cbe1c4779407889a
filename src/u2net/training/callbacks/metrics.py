"""Where the figures of a run go: `metrics.csv`, and TensorBoard's files where it is installed.

A resumed run does again what came after its checkpoint, so both begin by forgetting that.
"""

import csv
import io
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger

from u2net.errors import OutputError
from u2net.files import write

FLUSH_SECONDS = 5
Row = dict[str, str]


class RunLog(Logger):
    """Figures by step, written by the process that writes the files of the run."""

    @abstractmethod
    def cut(self, step: int) -> None:
        """Forget what lies after `step`, with which the run goes on."""

    @property
    def version(self) -> str:
        return ""

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """The recipe has a file of its own."""


class CsvLog(RunLog):
    """One row per logged step; a figure that has no column yet gets one, empty in older rows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.columns: list[str] = []

    @property
    def name(self) -> str:
        return "csv"

    def cut(self, step: int) -> None:
        """Leave out the rows after `step`, and a last line that a kill cut short."""
        if self.path.exists():
            rows = read(self.path)
            self.columns = list(rows[0]) if rows else []
            self.rewrite([row for row in rows if int(row["step"]) <= step])

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        row = {"step": str(step), **{key: str(value) for key, value in metrics.items()}}
        new = [key for key in row if key not in self.columns]
        if new:
            self.columns += new
            self.rewrite(read(self.path))
        self.append(row)

    def rewrite(self, rows: Sequence[Row]) -> None:
        """Write the whole file anew, with all columns there are now."""
        header = [self.columns] if self.columns else []
        write(self.path, as_csv(self.columns, header) + as_csv(self.columns, rows))

    def append(self, row: Row) -> None:
        """Write one row, to the disk at once."""
        try:
            with self.path.open("ab") as file:
                file.write(as_csv(self.columns, [row]))
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written ({error.strerror}); free space"
            ) from error


class TensorBoardLog(RunLog):
    """The same figures in `tensorboard/` (extra `[tensorboard]`)."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.writer: Any = None

    @property
    def name(self) -> str:
        return "tensorboard"

    def cut(self, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # Lightning lets this writer sleep two minutes, Ctrl-C or not.
        self.writer = SummaryWriter(str(self.folder), purge_step=step + 1, flush_secs=FLUSH_SECONDS)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        for key, value in metrics.items():
            self.writer.add_scalar(key, value, step)

    def finalize(self, status: str) -> None:
        if self.writer:
            self.writer.close()
            self.writer = None


def loggers(folder: Path) -> list[Logger]:
    """Where the figures of the run in `folder` go."""
    logs: list[Logger] = [CsvLog(folder / "metrics.csv")]
    if find_spec("tensorboard"):
        logs.append(TensorBoardLog(folder / "tensorboard"))
    return logs


def as_csv(columns: Sequence[str], rows: Sequence[Row | Sequence[str]]) -> bytes:
    """Lines of a CSV file, each of a list of cells or of a row with cells by column."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows(
        [row.get(column, "") for column in columns] if isinstance(row, dict) else row
        for row in rows
    )
    return text.getvalue().encode()


def read(path: Path) -> list[Row]:
    """The complete rows of a metrics file, of an older version too; none when there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return [
        dict(zip(rows[0], row, strict=True))
        for row in rows[1:]
        if len(row) == len(rows[0]) and row[0]
    ]
