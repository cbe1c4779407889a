"""ONNX bytes -> let pass, or refused, before a native library reads them.

Engines trust what a network file says: OpenVINO and ONNX Runtime read weights from where it points
to, another file or an address of the process; they follow two nodes that read each other for ever,
and expand functions that call each other without an end. So the whole file is walked first, by the
message and field numbers of onnx.proto (github.com/onnx/onnx). Let pass is what a network that
turns one picture into one map is made of: nodes of the standard operators, and tensors that are
whole inside the file.
"""

from graphlib import CycleError, TopologicalSorter
from math import prod
from typing import NoReturn

from u2net.errors import UnfitModelError
from u2net.weights.onnx_file import PLAIN, Field, fields, varint
from u2net.weights.onnx_operators import fewest_inputs

MOST_NODES, MOST_FIELDS = 20_000, 1_000_000
"""A U²-Net has six hundred nodes, of eleven thousand fields in all."""
DEEPEST = 4
"""Graphs inside graphs: the branches of `If`."""

ENDLESS = (b"Loop", b"Scan")
"""Operators whose file says how often they run."""
STANDARD = (b"", b"ai.onnx")
"""Domains of the standard operators. Others name files, or need libraries of their own."""

_FLOATS, _INT32S, _INT64S, _DOUBLES, _UINT64S, _RAW = 4, 5, 7, 10, 11, 9
_TYPES = {
    **dict.fromkeys((2, 3, 9), (8, _INT32S)),  # uint8, int8, bool
    **dict.fromkeys((4, 5, 10, 16), (16, _INT32S)),  # uint16, int16, float16, bfloat16
    1: (32, _FLOATS),
    6: (32, _INT32S),
    7: (64, _INT64S),
    11: (64, _DOUBLES),
    12: (32, _UINT64S),
    13: (64, _UINT64S),
}
"""Type of a tensor's values -> bits of one, and the field that holds them unless they are raw."""
_HOLDING = frozenset({5, 6, 10, 11, 22, 23})
"""Fields of an attribute that hold tensors and graphs."""
_NOT_LAST = bytes(range(128, 256))
"""Bytes of a number, all but its last."""


def check_onnx(data: bytes) -> None:
    """Raise `UnfitModelError` unless the ONNX file `data` is one that an engine may be given."""
    try:
        _Walk(data).model()
    except ValueError as error:
        message = f"a damaged model, or no ONNX file ({error}); fetch or export it again"
        raise UnfitModelError(message) from error


class _Walk:
    """One way through a file, message by message."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._nodes = self._read = 0
        self._version = 0
        """Of the standard operators."""

    def _fields(self, start: int, stop: int) -> list[Field]:
        found = fields(self._data, start, stop)
        self._read += len(found)
        if self._read > MOST_FIELDS:
            raise ValueError("it has too many fields")
        return found

    def model(self) -> None:
        parts = self._fields(0, len(self._data))
        self._once(parts, 7)
        if 7 not in (number for number, _, _ in parts):
            raise ValueError("there is no network in it")
        for number, start, stop in parts:
            if number == 8:
                self._operators(start, stop)
            elif number == 20:
                self._refuse("holds a second network, to be trained")
            elif number == 25:
                self._refuse("defines functions of its own")
        for number, start, stop in parts:
            if number == 7:
                self._graph(start, stop, 0)

    def _operators(self, start: int, stop: int) -> None:
        """Note the version of the standard operators."""
        about = {number: (begin, end) for number, begin, end in self._fields(start, stop)}
        if self._data[slice(*about.get(1, (0, 0)))] in STANDARD:
            if self._version:
                raise ValueError("it has two versions of its operators")
            self._version = about.get(2, (0, PLAIN))[0]

    def _graph(self, start: int, stop: int, depth: int) -> set[bytes]:
        """Names that it reads and does not make."""
        if depth > DEEPEST:
            self._refuse(f"nests graphs deeper than {DEEPEST}")
        reads: list[set[bytes]] = []
        makers: dict[bytes, int] = {}
        for number, begin, end in self._fields(start, stop):
            if number == 1:
                made, read = self._node(begin, end, depth)
                for name in made:
                    if makers.setdefault(name, len(reads)) != len(reads):
                        self._refuse(f"has two nodes that make {_shown(name)}")
                reads.append(read)
            elif number == 5:
                self._tensor(begin, end)
            elif number == 15:
                self._sparse(begin, end)
        self._order(reads, makers)
        return set().union(*reads) - makers.keys()

    def _order(self, reads: list[set[bytes]], makers: dict[bytes, int]) -> None:
        """Refuse nodes that cannot be put in an order; `makers` has the node that makes a name."""
        needs = {
            at: {makers[name] for name in read if name in makers} for at, read in enumerate(reads)
        }
        try:
            TopologicalSorter(needs).prepare()
        except CycleError:
            self._refuse("has nodes that read each other")

    def _node(self, start: int, stop: int, depth: int) -> tuple[list[bytes], set[bytes]]:
        """Names that it makes, and names that it reads."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._refuse(f"has more than {MOST_NODES} nodes")
        parts = self._fields(start, stop)
        # What is optional and not there has an empty name.
        texts = [(n, self._data[begin:end]) for n, begin, end in parts if n != 5 and begin < end]
        about = dict(texts)
        if about.get(7, b"") not in STANDARD:
            self._refuse(f"uses operators of {_shown(about[7])}")
        if about.get(4) in ENDLESS:
            self._refuse(f"runs a {_shown(about[4])}")
        given = [self._data[begin:end] for number, begin, end in parts if number == 1]
        self._inputs(about.get(4, b""), given)
        read = set(filter(None, given))
        for number, begin, end in parts:
            if number == 5:
                read |= self._attribute(begin, end, depth)
        return [name for number, name in texts if number == 2], read

    def _inputs(self, kind: bytes, given: list[bytes]) -> None:
        """Refuse an operator that is not known, and one without all that it must read."""
        fewest = fewest_inputs(kind, self._version)
        if fewest is None:
            self._refuse(f"uses an operator that is not known here, {_shown(kind)}")
        if not all(given[:fewest]) or len(given) < fewest:
            self._refuse(f"has a {_shown(kind)} of {len(given)} inputs, where {fewest} must be")

    def _attribute(self, start: int, stop: int, depth: int) -> set[bytes]:
        """Names that graphs in it read from around them."""
        parts = self._fields(start, stop)
        read: set[bytes] = set()
        if _HOLDING.isdisjoint([number for number, _, _ in parts]):  # as nearly all are
            return read
        self._once(parts, 5, 6, 22)
        for number, begin, end in parts:
            if number in (5, 10):
                self._tensor(begin, end)
            elif number in (6, 11):
                read |= self._graph(begin, end, depth + 1)
            elif number in (22, 23):
                self._sparse(begin, end)
        return read

    def _sparse(self, start: int, stop: int) -> None:
        parts = self._fields(start, stop)
        self._once(parts, 1, 2)
        for number, begin, end in parts:
            if number in (1, 2):
                self._tensor(begin, end)

    def _tensor(self, start: int, stop: int) -> None:
        parts = self._fields(start, stop)
        self._once(parts, 2, 8, _RAW)
        about = {number: (begin, end) for number, begin, end in parts}
        name = about.get(8, (0, 0))
        if 13 in about or about.get(14, (0, PLAIN)) != (0, PLAIN):
            self._refuse(f"keeps the values of {self._name(name)} outside itself")
        kind, _ = about.get(2, (0, PLAIN))
        if kind not in _TYPES or 3 in about:
            self._refuse(f"has a tensor {self._name(name)} of a type not known here ({kind})")
        size = prod(value for part in parts if part[0] == 1 for value in self._numbers(part))
        bits, typed = _TYPES[kind]
        held = {number for number, _, _ in parts if number in (4, 5, 6, 7, _RAW, 10, 11)}
        if _RAW in held:
            stored = (about[_RAW][1] - about[_RAW][0]) * 8 / bits
        else:
            stored = sum(self._count(part, bits) for part in parts if part[0] == typed)
        if stored != size or held - {_RAW if _RAW in held else typed}:
            self._refuse(f"has a tensor {self._name(name)} that is not as long as it says")

    def _numbers(self, part: Field) -> list[int]:
        """The numbers of a field, which is one of them or a row of them."""
        _, at, stop = part
        if stop == PLAIN:
            return [at]
        found = []
        while at < stop:
            value, at = varint(self._data, at, stop)
            found.append(value)
        return found

    def _count(self, part: Field, bits: int) -> float:
        """How many values a field holds, which is one of them or a row of them."""
        number, start, stop = part
        if stop == PLAIN:
            return 1
        if number in (_FLOATS, _DOUBLES):
            return (stop - start) * 8 / bits
        return len(self._data[start:stop].translate(None, _NOT_LAST))

    def _once(self, parts: list[Field], *single: int) -> None:
        """Refuse `parts` with one of `single` twice: readers would put the two together."""
        numbers = [number for number, _, _ in parts]
        if any(numbers.count(number) > 1 for number in single):
            raise ValueError("a field is there twice")

    def _name(self, place: tuple[int, int]) -> str:
        return _shown(self._data[slice(*place)])

    def _refuse(self, what: str) -> NoReturn:
        raise UnfitModelError(f"the network file {what}; export it again, as one plain network")


def _shown(name: bytes) -> str:
    return repr(name[:60].decode(errors="replace"))
