"""State dicts of a file -> the one that is a U²-Net's, out of what trainers wrap around it."""

from collections.abc import Mapping
from dataclasses import dataclass

from u2net.network.dialects import DIALECTS, Dialect
from u2net.network.differences import sample, shown
from u2net.network.stored import State

PREFERRED = (
    *("ema", "params_ema", "model_ema", "ema_state_dict", "state_dict_ema"),
    *("", "state_dict"),
)
"""Tables that are taken before others: averages of the weights over training, then the file itself;
the state dict of our own runs is averaged, and the weights in training stand beside it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The weights of one network."""

    tensors: State
    """Under the names of `dialect`."""
    dialect: Dialect
    nest: str
    """The table of the file that they are in; '' is the file itself."""
    prefix: str
    """What stood before every name, such as `module.`."""

    @property
    def where(self) -> str:
        """For messages: how it was found, with a space behind; nothing where nothing was opened."""
        nest = f"in its '{shown(self.nest)}', " if self.nest else ""
        prefix = f"behind the prefix '{shown(self.prefix)}', " if self.prefix else ""
        return nest + prefix


def unwrap(states: Mapping[str, State]) -> Found:
    """The network in `states`, averaged weights first; without the prefix of its names.

    What lies beside a prefix, such as counters or the weights of a loss, is left out. Raises
    `ValueError` when there is none, or there are several and none of them is to be preferred.
    """
    networks = {nest: found for nest in states if (found := _network(states, nest))}
    if not networks:
        raise ValueError(_nothing_known(states))
    for name in PREFERRED:
        if name in networks:
            return networks[name]
        if inner := [nest for nest in networks if name and nest.endswith(f".{name}")]:
            return networks[_one_of(inner)]
    return networks[_one_of([*networks])]


def _one_of(nests: list[str]) -> str:
    """The only one. Raises `ValueError` where there are more."""
    if len(nests) > 1:
        raise _several(nests[0], nests[1])
    return nests[0]


def _network(states: Mapping[str, State], nest: str) -> Found | None:
    state = states[nest]
    for dialect in DIALECTS:
        if prefixes := _prefixes(state, dialect):
            prefix = _outermost(prefixes)
            tensors = {
                name.removeprefix(prefix): tensor
                for name, tensor in state.items()
                if name.startswith(prefix)
            }
            return Found(tensors, dialect, nest, prefix)
    return None


def _prefixes(state: State, dialect: Dialect) -> list[str]:
    """What stands before the key that the dialect is known by, wherever that key is."""
    key = dialect.known_by
    return [name.removesuffix(key) for name in state if f".{name}".endswith(f".{key}")]


def _outermost(prefixes: list[str]) -> str:
    """The one that all begin with: a block inside a network may look like a network."""
    shortest = min(prefixes, key=len)
    others = sorted(prefix for prefix in prefixes if not prefix.startswith(shortest))
    if others:
        raise _several(shortest, *others)
    return shortest


def _several(first: str, second: str, *_: str) -> ValueError:
    names = f"under {first[:80]!r} and {second[:80]!r}"
    return ValueError(f"holds several networks ({names}); save one of them alone")


def _nothing_known(states: Mapping[str, State]) -> str:
    signs = " or ".join(dialect.known_by for dialect in DIALECTS)
    nest = max(states, key=lambda name: len(states[name]))
    place = f" in '{shown(nest)}'" if nest else ""
    tensors = states[nest]
    found = f"none of its {len(tensors)} tensors{place}{sample(tensors)} is one of a U²-Net"
    return f"{found}; {signs} was expected among them"
