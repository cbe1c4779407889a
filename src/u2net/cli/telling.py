"""What became of inputs, in lines for people."""

from collections import Counter
from pathlib import Path

from u2net.batch.inputs import STREAM
from u2net.batch.outcome import Outcome
from u2net.places.address import Address


def told(outcome: Outcome, *, written: bool, remarks: bool) -> list[str]:
    """The lines on one outcome: its failure, or where it was written and what is odd about it."""
    if outcome.error is not None:
        return [outcome.error]
    about = [f"{named(outcome.source)}: {remark}" for remark in outcome.remarks] if remarks else []
    return [described(outcome), *about] if written else about


def named(source: Path | Address) -> str:
    """What an input is called."""
    return "stdin" if source == STREAM else str(source)


def described(outcome: Outcome) -> str:
    """What became of an input that did not fail."""
    source = named(outcome.source)
    target = "stdout" if outcome.target == STREAM else outcome.target
    if outcome.status == "skipped":
        return f"{source}: skipped, {target} exists"
    return f"{source}: written to {target}"


def summary(counts: Counter[str], left_out: Counter[str]) -> str:
    """How many inputs there were of each kind."""
    told = f"{counts['done']} done, {counts['skipped']} skipped, {counts['failed']} failed"
    return told + aside(left_out)


def aside(left_out: Counter[str]) -> str:
    """The end of a summary: how many files were no inputs, and why."""
    return "".join(f", {count} left out ({why})" for why, count in left_out.items())
