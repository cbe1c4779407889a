"""Results -> tables."""

import csv
import io
import shutil

import pytest
from PIL import Image, ImageOps

from u2net.errors import EvaluationError
from u2net.evaluation.models import DataSet, MapFolder
from u2net.evaluation.report import tables
from u2net.evaluation.report.published import published
from u2net.evaluation.report.rows import COLUMNS, SALIENCY, caption, chosen, rows
from u2net.evaluation.score import Scorer, score


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


def test_markdown_has_the_caption_and_marks_the_best(results):
    text = tables.markdown(rows(results), "the caption", ())
    lines = text.splitlines()
    assert len({line.replace("\\|", "").count("|") for line in lines if line.startswith("|")}) == 1
    assert text.count("**") >= 2 * len(SALIENCY)
    assert "theirs\\|2" in text
    assert lines[-1] == "the caption"


def test_latex_escapes_names_and_has_the_caption(results):
    text = tables.latex(rows(results), "100 % of it", ())
    assert r"ours\_1" in text
    assert r"U$^2$-Net$^\dagger$" in text
    assert r"\caption{100 \% of it}" in text
    rules = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in rules} == {len(SALIENCY) + 2}


def test_the_caption_names_protocol_threshold_and_what_is_partial(results):
    text = caption(rows(results), "paper", 0.3)
    assert "Protocol paper" in text
    assert "IoU, Dice, BER, P, R of masks above 0.3" in text
    assert "theirs|2 on ecssd7: 5 of 6 (partial)" in text
    assert "masks above" not in caption(rows(results), "paper")


def test_chosen_measures_are_the_columns_in_their_order(results):
    assert chosen("iou, mae") == ("iou", "mae")
    head = tables.markdown(rows(results), "", ("iou", "mae")).splitlines()[0]
    assert head == "| model | data | images | IoU ↑ | MAE ↓ |"
    assert chosen("all") == tuple(COLUMNS)
    with pytest.raises(EvaluationError, match=r"no measure 'dise'; choose among .*dice"):
        chosen("dise")


@pytest.fixture
def three_on_two(folders, pictures):
    """Three models on two sets: the truth itself, the maps, and the maps inverted."""
    shutil.copytree(folders / "set/masks", folders / "more/gt")
    (folders / "not").mkdir()
    for path in (folders / "maps").iterdir():
        ImageOps.invert(Image.open(path)).save(folders / "not" / path.name)
    names = {"truth": "set/masks", "maps": "maps", "not": "not"}
    models = [MapFolder(name, folders / place) for name, place in names.items()]
    sets = [DataSet.find(folders / "set"), DataSet.of_truths(folders / "more/gt")]
    return rows(score(models, sets, jobs=1).results)


def test_sets_stand_side_by_side_with_best_and_second_marked(three_on_two):
    text = tables.markdown(three_on_two, "", ("mae", "iou"))
    head, _, truth, maps, inverted = text.splitlines()[:5]
    assert head == "| model | set MAE ↓ | set IoU ↑ | more MAE ↓ | more IoU ↑ |"
    assert truth == "| truth | **.0000** | **1.0000** | **.0000** | **1.0000** |"
    assert maps.count("<u>.") == 4
    assert not {"*", "<"} & set(inverted)


def test_latex_groups_the_columns_of_each_set(three_on_two):
    lines = tables.latex(three_on_two, "", ("mae", "iou")).splitlines()
    assert r" & \multicolumn{2}{c}{set (6)} & \multicolumn{2}{c}{more (6)} \\" in lines
    assert r"\cmidrule(lr){2-3}\cmidrule(lr){4-5}" in lines
    assert r"truth & \textbf{.0000} & \textbf{1.0000}" in "\n".join(lines)
    assert "\n".join(lines).count(r"\underline{.") == 4


def test_equal_figures_share_a_place_and_one_model_has_none(folders):
    data = DataSet.find(folders / "set")
    same = [MapFolder(name, folders / "maps") for name in ("a", "b")]
    both = rows(score(same, [data], jobs=1).results)
    assert [row.ranks["mae"] for row in both] == [1, 1]
    assert not rows(score(same[:1], [data], jobs=1).results)[0].ranks


def test_csv_has_a_line_for_every_picture_scored_or_not(results):
    lines = list(csv.DictReader(io.StringIO(tables.per_picture(results))))
    assert len(lines) == 12
    assert float(lines[0]["mae"]) == results[0].tally.rows["0"]["mae"]
    lost = lines[6 + 2]
    assert (lost["model"], lost["stem"], lost["mae"]) == ("theirs|2", "2", "")
    assert "no map 2" in lost["failure"]
