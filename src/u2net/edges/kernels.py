"""Modules of pymatting, without the rest of it.

`import pymatting` compiles every kernel that it has, a minute and more on a processor that it has
not seen yet. What is used here needs a twentieth of that.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import Lock
from types import ModuleType

_PACKAGES = (
    "pymatting",
    "pymatting.alpha",
    "pymatting.foreground",
    "pymatting.laplacian",
    "pymatting.preconditioner",
    "pymatting.solver",
    "pymatting.util",
)
_lock = Lock()


def kernels(name: str) -> ModuleType:
    """The module `name` of pymatting, such as `solver.cg`."""
    with _lock, _as_folders(_PACKAGES):
        return import_module(f"pymatting.{name}")


@contextmanager
def _as_folders(packages: Iterable[str]) -> Iterator[None]:
    """Those packages, unless imported already, are in the block folders of modules and no more.

    After it they can be imported as ever.
    """
    empty = [name for name in packages if name not in sys.modules]
    try:
        for name in empty:
            spec = find_spec(name)
            if spec is None:
                raise ModuleNotFoundError(f"no package {name}", name=name)
            sys.modules[name] = module_from_spec(spec)
        yield
    finally:
        for name in empty:
            sys.modules.pop(name, None)
