"""Pictures to work on -> what is written where, settled before any work begins."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Generic, Literal

from u2net.batch.inputs import STREAM, Input, LeftOut, find_inputs
from u2net.batch.outcome import At, Outcome
from u2net.errors import OutputError
from u2net.files import is_file
from u2net.films.sequence import is_sequence

Existing = Literal["refuse", "skip", "replace"]
"""What to do when an output is there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[At]):
    """One picture to read and one to write: files, or what is at addresses."""

    source: At
    target: At
    class_name: str = ""
    """Which class the output is of, where each is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How outputs are called."""

    kind: str
    """The format, which is the suffix as well: png, webp, jpg, tiff."""
    label: str
    """What is added to the stem beside the input, one of `inputs.LABELS`."""
    folder: Path | None = None
    """Where outputs go, in the layout of the inputs; None is beside each input."""
    file: Path | None = None
    """Where the only output goes; - is stdout."""

    def target(self, source: Input, *, whole: bool = False) -> Path:
        """Where the result for `source` goes; called after its `whole` name, or after its stem."""
        if self.file is not None:
            return self.file
        stem = source.path.name if whole else source.path.stem
        if self.folder is not None:
            return self.folder / source.inside.with_name(f"{stem}.{self.kind}")
        return source.path.with_name(f"{stem}-{self.label}.{self.kind}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do."""

    kind: str
    """The format of the outputs."""
    existing: Existing
    manifest: Path | None
    """Where each outcome is written."""
    tasks: list[Task[Path]]
    skipped: list[Task[Path]]
    """Tasks whose output is there already."""
    failed: list[Outcome]
    """Places that nothing can be had from."""
    left_out: list[LeftOut]
    """Files among the inputs that are none."""
    renamed: list[Task[Path]]
    """Tasks whose output keeps the input's suffix in its name, for two inputs share the stem."""

    @property
    def outcomes(self) -> int:
        """How many outcomes a run will have."""
        return len(self.tasks) + len(self.skipped) + len(self.failed)

    @property
    def inputs(self) -> int:
        """How many files and places the plan has something to say of."""
        return self.outcomes + len(self.left_out)


def make_plan(
    places: Iterable[Path],
    naming: Naming,
    existing: Existing = "refuse",
    *,
    read_only: Sequence[Path] = (),
    manifest: Path | None = None,
    classes: Sequence[str] = ("",),
) -> Plan:
    """What to do for the files and folders `places`: an output of each, or of each class of each.

    The outputs of classes lie in folders of their names. Inputs of one folder that differ in their
    suffix only keep it in the names of their outputs.
    Raises `OutputError` when two inputs would write one file, when an input or one of the files in
    `read_only` would be overwritten, or when an output is there and `existing` says to refuse.
    """
    found = find_inputs(places, leave_out=naming.folder)
    tasks, renamed = tell_apart([one.of(name) for one in found.inputs for name in classes], naming)
    targets = [task.target for task in tasks if task.target != STREAM]
    if manifest is not None:
        if _one_name(manifest) in map(_one_name, targets):
            raise OutputError(f"{manifest}: cannot be the manifest and an output")
        targets.append(manifest)
    check_inputs_safe(targets, [*(task.source for task in tasks), *read_only])
    if existing == "refuse":
        refuse(targets)
    skipped = [task for task in tasks if existing == "skip" and _is_made(task.target)]
    left_out = set(map(id, skipped))
    return Plan(
        kind=naming.kind,
        existing=existing,
        manifest=manifest,
        tasks=[task for task in tasks if id(task) not in left_out],
        skipped=skipped,
        failed=found.failed,
        left_out=found.left_out,
        renamed=renamed,
    )


def _is_made(target: Path) -> bool:
    return is_file(target) or is_sequence(target)


def tell_apart(
    inputs: Iterable[Input], naming: Naming
) -> tuple[list[Task[Path]], list[Task[Path]]]:
    """What to write for each input, each once, and which of them keep their suffix in the name.

    Raises `OutputError`, naming them all, for inputs that would be written to one file even so.
    """
    by_names = {(_one_name(one.path), _one_name(naming.target(one))): one for one in inputs}
    each = list(by_names.values())
    whole: set[Path] = set()
    # A name that is whole may be that of another input's output: until there are no more.
    while more := {
        one.path for group in _clashing(each, naming, whole) for one in group
    }.difference(whole):
        whole |= more
    if clashes := _clashing(each, naming, whole):
        pairs = "; ".join(_clash(group, naming) for group in clashes)
        raise OutputError(f"{pairs}; rename them, or give them different output folders")
    tasks = [
        Task(
            source=one.path,
            target=naming.target(one, whole=one.path in whole),
            class_name=one.class_name,
        )
        for one in each
    ]
    return tasks, [task for task in tasks if task.source in whole]


def _clashing(inputs: Iterable[Input], naming: Naming, whole: set[Path]) -> list[list[Input]]:
    """Inputs that would be written to one file, those in `whole` called by their whole name."""
    by_target: dict[str, list[Input]] = {}
    for one in inputs:
        target = naming.target(one, whole=one.path in whole)
        by_target.setdefault(_one_name(target), []).append(one)
    return [group for group in by_target.values() if len(group) > 1]


def _clash(group: Sequence[Input], naming: Naming) -> str:
    named = " and ".join(str(one.path) for one in group)
    which = "both" if len(group) == 2 else "all"
    return f"{named} would {which} be written to {naming.target(group[0])}"


def check_inputs_safe(targets: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise `OutputError` when one of `targets` is one of `inputs`, by whatever name or link."""
    there = [(target, identity) for target in targets if (identity := _identity(target))]
    if not there:
        return
    known = {_identity(path) for path in inputs}
    for target, identity in there:
        if identity in known:
            raise OutputError(
                f"{target}: is an input and is not overwritten; choose another output"
            )


def refuse(targets: Sequence[Path]) -> None:
    """Raise `OutputError` when one of `targets` is there."""
    there = [target for target in targets if os.path.lexists(target)]
    if there:
        more = f" (and {len(there) - 1} more)" if len(there) > 1 else ""
        raise OutputError(f"{there[0]}{more}: exists; give --skip-existing or --overwrite")


def _one_name(path: Path) -> str:
    return os.path.normcase(_real(path.parent) / path.name)


@lru_cache(maxsize=1024)
def _real(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, ValueError):  # links that go round, a name that no file can have
        return folder


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
