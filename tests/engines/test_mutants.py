"""Damaged network files, cards, calibrations and compiled networks are used or refused."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

MUTANTS = 3000
PROGRAM = Path(__file__).with_name("mutants.py")


def outcomes(kind: str, count: int) -> tuple[Counter[str], list[str]]:
    """What came of `count` mutants, and what ended a process; the next goes on behind it."""
    came: Counter[str] = Counter()
    ends, at = [], 0
    while at < count:
        command = [sys.executable, PROGRAM, kind, str(at), str(count - at)]
        done = subprocess.run(command, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            at, outcome = json.loads(line)
            came[outcome] += 1
        if done.returncode:
            ends.append(f"{kind} {at}: {done.returncode}, {done.stderr[-500:]}")
        at += 1
    return came, ends


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["model", "card", "calibration", "blob"])
def test_mutants_are_used_or_refused_in_one_line_and_end_no_process(kind):
    came, ends = outcomes(kind, MUTANTS)
    assert not ends
    assert set(came) <= {"begun", "used", "refused"}
    assert came["used"] + came["refused"] == MUTANTS
    assert came["used"] > MUTANTS // 50
    assert came["refused"] > MUTANTS // 2 or kind == "blob"  # what is kept is made anew
