"""Files changed at random end in a photo or an error of ours: no crash, no foreign exception."""

from collections.abc import Callable

import pytest

from fuzzing import KINDS, Tally, fuzz, fuzz_checkpoints, fuzz_models, mutant

MUTANTS = 3000


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_mutants_are_read_or_refused_and_nothing_else(kind: str) -> None:
    if kind == "heic":
        pytest.importorskip("pillow_heif")
    tally = fuzz(kind, 0, MUTANTS)
    assert not tally.findings
    assert tally.read + tally.refused == MUTANTS
    assert min(tally.read, tally.refused) > MUTANTS // 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fuzz_it", "kind"), [(fuzz_models, "card"), (fuzz_checkpoints, "safetensors")]
)
def test_the_script_tries_models_and_checkpoints_too(
    fuzz_it: Callable[[str, int, int], Tally], kind: str
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    tally = fuzz_it(kind, 5000, 30)
    assert not tally.findings
    assert tally.read + tally.refused == 30


def test_a_mutant_is_the_same_each_time() -> None:
    assert [mutant("png", at) for at in range(20)] == [mutant("png", at) for at in range(20)]
    assert len({mutant("png", at) for at in range(20)}) > 15
