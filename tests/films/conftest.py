"""What tests of films need."""

import pytest


@pytest.fixture(autouse=True)
def video() -> None:
    """Without the extra `video` there are no films."""
    pytest.importorskip("av", reason="films need the extra 'video'")
