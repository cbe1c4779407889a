from pathlib import Path

import pytest

from made_store import needed
from u2net.places.address import Address
from u2net.places.place import Place, place_at


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder."""
    needed("fsspec", "pyarrow")
    return place_at(Address.of(str(tmp_path / "place")))
