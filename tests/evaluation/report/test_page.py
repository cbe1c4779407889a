"""The report and the curves."""

import csv
import json
import re
import sys
from html.parser import HTMLParser

import pytest

from u2net.errors import EvaluationError
from u2net.evaluation.comparison import Duel
from u2net.evaluation.models import DataSet, MapFolder
from u2net.evaluation.report.curves import save_curves
from u2net.evaluation.report.page import page
from u2net.evaluation.score import Scorer


@pytest.fixture
def scorer():
    return Scorer(protocol="paper", pool=None, jobs=1, keep_vectors=True)


@pytest.fixture
def result(folders, scorer):
    (folders / "maps/3.png").unlink()
    return scorer(MapFolder("<ours>", folders / "maps"), DataSet.find(folders / "set"))


class Outside(HTMLParser):
    """Collects what a page loads from elsewhere, and how its tags balance."""

    def __init__(self):
        super().__init__()
        self.loads, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.loads += [v for k, v in attrs if k in ("src", "href") and v[:5] not in ("data:",)]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_loads_nothing_and_is_well_formed(result):
    outside = Outside()
    outside.feed(page([result]))
    assert all(address.startswith("#") for address in outside.loads)
    assert not outside.open
    assert "@import" not in page([result])


def test_the_page_holds_table_curves_and_pictures(result):
    text = page([result])
    assert "Protocol paper" in text
    assert text.count("<svg") == 2
    assert len(re.findall("data:image/webp", text)) == 5 * 3


def test_a_partial_score_is_shown_as_such(result):
    assert "partial, 1 of 6 pictures could not be scored" in page([result])


def test_names_cannot_inject_markup(result):
    assert "<ours>" not in page([result])
    assert "&lt;ours&gt;" in page([result])


def test_a_comparison_shows_both_maps(folders, scorer, result):
    other = scorer(MapFolder("theirs", folders / "set/masks"), result.data)
    text = page([result], [Duel.between(result, other)])
    assert "against theirs" in text
    assert "95 % interval" in text
    assert len(re.findall("data:image/webp", text)) == 5 * 3 + 5 * 4


def test_a_set_without_photos_shows_truth_and_map(folders, scorer):
    data = DataSet.of_truths(folders / "set/masks")
    text = page([scorer(MapFolder("m", folders / "maps"), data)])
    assert len(re.findall("data:image/webp", text)) == 6 * 2


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_curves_are_drawn_the_same_every_time(tmp_path, result, suffix):
    drawn = []
    for name in ("a", "b"):
        save_curves([result], tmp_path / f"{name}.{suffix}")
        drawn.append((tmp_path / f"{name}.{suffix}").read_bytes())
    assert drawn[0] == drawn[1]
    assert suffix == "png" or b"protocol paper" in drawn[0]


def test_curves_are_written_as_numbers_that_give_the_figures(tmp_path, result, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # not needed for that
    for suffix in ("csv", "json"):
        save_curves([result], tmp_path / f"a.{suffix}")
    lines = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    whole = json.loads((tmp_path / "a.json").read_text())[0]
    assert (lines[0]["model"], lines[0]["protocol"], whole["data"]) == ("<ours>", "paper", "set")
    assert max(float(line["f"]) for line in lines) == result.scores.metrics["max_f"]
    for name in ("threshold", "precision", "recall", "f", "e"):
        assert [float(line[name]) for line in lines] == whole[name]
    assert whole["threshold"] == sorted(whole["threshold"], reverse=True)
    assert whole["recall"] == sorted(whole["recall"])


def test_curves_in_another_format_are_refused(tmp_path, result):
    with pytest.raises(EvaluationError, match=r"\.png, \.svg, \.csv, \.json"):
        save_curves([result], tmp_path / "a.gif")


def test_a_photo_that_cannot_be_read_does_not_stop_the_report(folders, result):
    (folders / "set/images/0.jpg").write_bytes(b"no picture")
    (folders / "set/images/1.jpg").unlink()
    assert page([result]).count("photo: cannot be read") == 2
