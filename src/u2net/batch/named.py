"""Names in order -> what their results are called, without having seen them all."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from u2net.pictures.formats import SUFFIXES

WINDOW = 4096
"""Names held at a time while looking for others of the same stem."""


@dataclass(slots=True)
class _Name:
    text: str
    stem: str
    whole: bool
    """Whether the result keeps the suffix of the input in its name."""


def named(names: Iterable[str], kind: str) -> Iterator[tuple[str, str]]:
    """Each name with that of its result: `a/b.jpg` with `a/b.png`.

    Inputs that share the stem keep their suffix, `a/b.jpg.png`, and so do those whose stem itself
    ends like a picture: no two results are called alike, whatever else is found. `names` are in the
    order of their characters, where all that begin with `a/b.` stand together; of more than 4096
    between two of one stem, the first keeps its suffix as well.
    """
    waiting: deque[_Name] = deque()
    for text in names:
        while waiting and not text.startswith(f"{waiting[0].stem}."):
            yield _result(waiting.popleft(), kind)
        if len(waiting) >= WINDOW:
            waiting[0].whole = True
            yield _result(waiting.popleft(), kind)
        waiting.append(_one(text, waiting))
    for one in waiting:
        yield _result(one, kind)


def _one(text: str, waiting: Iterable[_Name]) -> _Name:
    path = PurePosixPath(text)
    one = _Name(text, text.removesuffix(path.suffix), False)
    one.whole = PurePosixPath(one.stem).suffix.lower() in SUFFIXES
    for other in waiting:
        if other.stem == one.stem:
            other.whole = one.whole = True
    return one


def _result(one: _Name, kind: str) -> tuple[str, str]:
    return one.text, f"{one.text if one.whole else one.stem}.{kind}"
