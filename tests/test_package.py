"""What `import u2net` gives, and what it does not load."""

import subprocess
import sys
from pathlib import Path

import pytest

import u2net
from u2net.cli.verbs import VERBS

EXAMPLE = Path(__file__).parents[1] / "examples/cat.jpg"


def modules_after(program: str, *arguments: str) -> set[str]:
    """The modules a new interpreter has loaded when `program` is done."""
    ending = "\nimport sys; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program + ending, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert u2net.__all__ == sorted(u2net.__all__)
    assert set(u2net._HOMES) | {"__version__"} == set(u2net.__all__)
    for name in u2net.__all__:
        assert getattr(u2net, name) is not None
    assert set(u2net.__all__) <= set(dir(u2net))


def test_a_path_that_was_documented_still_leads_there() -> None:
    from u2net.card import Card

    assert Card is u2net.Card


def test_other_names_are_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        _ = u2net.nonesuch


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"numpy", "cv2", "PIL", "openvino", "onnxruntime", "torch", "click", "rich"}
    assert not heavy & modules_after("import u2net")


def test_ctrl_c_is_answered_before_anything_that_takes_time_is_loaded() -> None:
    program = (
        "import sys; before = set(sys.modules); import u2net.__main__; "
        "print(*set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert loaded == {"u2net", "u2net.__main__"}


def test_removing_never_loads_torch(tmp_path: Path) -> None:
    program = "import sys; from u2net.cli import main; assert main() == 0"
    out = str(tmp_path / "out.png")
    loaded = modules_after(program, "remove", str(EXAMPLE), "-o", out, "-q")
    assert "numpy" in loaded
    assert not {"torch", "lightning", "rich", "scipy", "u2net.network", "u2net.training"} & loaded
    assert not {"fsspec", "pyarrow", "ray"} & loaded
    assert not {"u2net.films.encode", "u2net.compat", "xml.etree"} & loaded
    assert "openvino" in loaded
    assert "openvino.frontend.tensorflow" not in loaded, "OpenVINO's converter takes time to import"


@pytest.mark.parametrize("words", [("--version",), ("--help",), *((v, "--help") for v in VERBS)])
def test_the_version_and_all_help_load_nothing_heavy(words: tuple[str, ...]) -> None:
    program = "import sys; from u2net.cli import main; assert main() == 0"
    heavy = {"numpy", "cv2", "PIL", "rich", "torch", "fastapi", "importlib.metadata"}
    assert not heavy & modules_after(program, *words)
