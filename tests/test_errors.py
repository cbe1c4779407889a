"""What an error says when an extra is missing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from u2net import errors
from u2net.errors import ExtraMissingError, need

CLONE = Path(__file__).parents[1]


def test_what_is_installed_is_not_missed_and_not_imported():
    program = "import sys; from u2net.errors import need; need('train', 'torch', purpose='x')"
    check = "; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program + check], check=True)


def test_in_a_clone_the_extra_is_installed_from_the_clone():
    with pytest.raises(ExtraMissingError) as caught:
        need("train", "json", "no_such_package", purpose="u2net train")
    assert str(caught.value) == (
        f"u2net train needs the extra 'train': pip install -e '{CLONE}[train]'"
    )


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ({"url": "file:///tmp/u2net"}, "'u2net[train] @ file:///tmp/u2net'"),
        (
            {"url": "https://host/u2net", "vcs_info": {"vcs": "git"}},
            "'u2net[train] @ git+https://host/u2net'",
        ),
        (None, "'u2net[train]'"),
    ],
)
def test_an_installed_package_names_where_it_came_from(origin, command, tmp_path):
    (tmp_path / "u2net").mkdir()
    (tmp_path / "u2net" / "__init__.py").touch()
    shutil.copy(errors.__file__, tmp_path / "u2net")
    about = tmp_path / "u2net-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: u2net\nVersion: 1\n")
    if origin:
        (about / "direct_url.json").write_text(json.dumps(origin))
    program = "from u2net.errors import install_command; print(install_command('train'))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"pip install {command}\n"
