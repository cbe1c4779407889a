"""Results -> tables."""

import csv
import io

import pytest

from u2net.evaluation.models import DataSet, MapFolder
from u2net.evaluation.report import tables
from u2net.evaluation.report.published import published
from u2net.evaluation.report.rows import COLUMNS, rows
from u2net.evaluation.score import Scorer


@pytest.fixture
def results(folders):
    """Two models on one set called ecssd7; the second lost a map."""
    (folders / "set").rename(folders / "ecssd7")
    data = DataSet.find(folders / "ecssd7")
    scorer = Scorer(protocol="paper", pool=None, jobs=1)
    first = scorer(MapFolder("ours_1", folders / "maps"), data)
    (folders / "maps/2.png").unlink()
    return [first, scorer(MapFolder("theirs|2", folders / "maps"), data)]


def test_a_partial_score_says_so(results):
    assert [row.images for row in rows(results)][:2] == ["6", "5 of 6 (partial)"]


def test_the_paper_stands_below_the_sets_it_scored(results):
    last = rows(results)[-1]
    assert (last.model, last.data, last.images) == ("U²-Net† (paper)", "ECSSD", "1000")
    assert (last.cells["max_f"], last.cells["mae"]) == (".943", ".041")
    assert "mean_f" not in last.cells


@pytest.mark.parametrize("name", ["DUTS-TE", "duts_te", "ECSSD", "ecssd200", "Pascal-S", "SOD"])
def test_sets_of_the_paper_are_known_by_any_spelling(name):
    assert [row.model for row in published(name)] == ["U²-Net", "U²-Net†"]


@pytest.mark.parametrize("name", ["DUTS-TR", "soda", "my photos", ""])
def test_other_sets_are_not_in_the_paper(name):
    assert not published(name)


def test_markdown_names_the_protocol_and_marks_the_best(results):
    text = tables.markdown(rows(results), "paper")
    lines = text.splitlines()
    assert len({line.replace("\\|", "").count("|") for line in lines if line.startswith("|")}) == 1
    assert text.count("**") >= 2 * len(COLUMNS)
    assert "theirs\\|2" in text
    assert "Protocol paper" in lines[-1]


def test_latex_escapes_names_and_names_the_protocol(results):
    text = tables.latex(rows(results), "paper")
    assert r"ours\_1" in text
    assert r"U$^2$-Net$^\dagger$" in text
    assert "Protocol paper" in text
    rules = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in rules} == {len(COLUMNS) + 2}


def test_csv_has_a_line_for_every_picture_scored_or_not(results):
    lines = list(csv.DictReader(io.StringIO(tables.per_picture(results))))
    assert len(lines) == 12
    assert float(lines[0]["mae"]) == results[0].tally.rows["0"]["mae"]
    lost = lines[6 + 2]
    assert (lost["model"], lost["stem"], lost["mae"]) == ("theirs|2", "2", "")
    assert "no map 2" in lost["failure"]
