"""`u2net evaluate`, through the command."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from u2net.cli import main
from u2net.evaluation import PaperProtocol

CONTRACT = {
    "mae",
    "max_f",
    "mean_f",
    "weighted_f",
    "s_measure",
    "e_measure_mean",
    "e_measure_max",
    "relaxed_boundary_f",
}


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs `u2net evaluate` with words; returns status, what it printed, what it complained of."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["u2net", "evaluate", *map(str, words), "--jobs", "1"])
        status = main()
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def given(folders):
    """The words that name the maps and the truths of `folders`."""
    return "--pred", folders / "maps", "--gt", folders / "set/masks"


def test_json_is_what_the_contract_says(run, given, pictures):
    status, out, err = run(*given, "--json")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert (found["images"], found["protocol"], found["failures"]) == (len(pictures), "paper", [])
    assert found["metrics"].keys() >= CONTRACT


def test_figures_are_pysodmetrics_own_through_the_whole_command(run, given, pictures, directly):
    _, out, _ = run(*given, "--json", "--protocol", "pysodmetrics")
    found, expected = json.loads(out)["metrics"], directly(pictures)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_figures_are_the_papers_through_the_whole_command(run, given, pictures):
    protocol = PaperProtocol()
    for pair in pictures:
        protocol.update(*pair)
    _, out, _ = run(*given, "--json")
    found, expected = json.loads(out)["metrics"], protocol.result()
    assert found["max_f"] == pytest.approx(expected.max_f, abs=1e-9)
    assert found["mae"] == pytest.approx(expected.mae, abs=1e-9)


def test_the_table_names_the_protocol(run, given):
    status, out, _ = run(*given, "--protocol", "pysodmetrics")
    assert status == 0
    assert "Protocol pysodmetrics" in out


def test_a_missing_and_a_damaged_map_are_named_and_the_score_is_partial(run, given, folders):
    (folders / "maps/1.png").unlink()
    (folders / "maps/4.png").write_bytes(b"no picture")
    status, out, err = run(*given, "--json")
    found = json.loads(out)
    assert status == 1
    assert found["images"] == 4
    assert [f["stem"] for f in found["failures"]] == ["1", "4"]
    lines = err.splitlines()
    assert "no map 1" in lines[0]
    assert "4.png: no picture" in lines[1]
    assert "partial, 2 of 6" in lines[2]


def test_a_map_of_another_size_is_said_to_be_resized(run, given, folders):
    with Image.open(folders / "maps/0.png") as small:
        large = small.resize((200, 120))
    large.save(folders / "maps/0.png")
    status, _, err = run(*given)
    assert status == 0
    assert "map resized to the truth's size: 1 pictures" in err


def test_a_map_of_nan_is_a_failure(run, given, folders):
    (folders / "maps/0.png").unlink()
    np.save(folders / "maps/0.npy", np.full((60, 80), np.nan))
    status, out, err = run(*given, "--json")
    assert status == 1
    assert "map has values below 0 or not finite" in json.loads(out)["failures"][0]["reason"]
    assert "maps on set: 0: map has" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give maps"),
        (["--pred", "x"], "give ground truth"),
        (["--model", "lite", "--gt", "x"], "--model needs photos"),
        (["--pred", "x", "--gt", "y", "--curves", "z.gif"], ".png, .svg, .csv, .json"),
        (["--pred", "x", "--gt", "y", "--measures", "mae,dise"], "no measure 'dise'"),
        (["--pred", "x", "--gt", "y", "--precision", "fp32,fp5"], "'fp5' is none of auto"),
        (["--pred", "x", "--gt", "y", "--engine", "openvino"], "--pred and --engine do not go"),
        (["--pred", "x", "--gt", "y", "--precision", "int8"], "--pred and --precision do not go"),
        (["--pred", "x", "--gt", "y", "--edges", "fast"], "--pred and --edges do not go together"),
        (["--pred", "x", "--gt", "y", "--threshold", "1"], "--threshold"),
        (["--pred", "x", "--gt", "y", "--protocol", "mine"], "protocol"),
    ],
)
def test_wrong_usage_is_status_2(run, words, message):
    status, _, err = run(*words)
    assert status == 2
    assert message in err


def test_an_empty_folder_is_status_1_and_one_line(run, folders):
    (folders / "empty").mkdir()
    for words in (("empty", "set/masks"), ("maps", "empty"), ("nowhere", "set/masks")):
        status, out, err = run("--pred", folders / words[0], "--gt", folders / words[1])
        assert (status, out) == (1, "")
        assert len(err.splitlines()) == 1
        assert "folder" in err


def test_several_models_and_sets_give_one_document(run, folders):
    maps, data = folders / "maps", folders / "set"
    (folders / "more").mkdir()
    (folders / "more/gt").symlink_to(data / "masks")
    more = ("--pred", data / "masks", "--gt", folders / "more/gt")
    status, out, _ = run("--pred", maps, "--data", data, *more, "--json")
    found = json.loads(out)
    assert status == 0
    assert [r["model"] for r in found["results"]] == ["maps", "masks"] * 2


def test_two_sets_of_one_name_are_told_apart(run, folders):
    (folders / "other").mkdir()
    (folders / "other/set").symlink_to(folders / "set")
    words = ("--data", folders / "set", "--data", folders / "other/set")
    _, out, _ = run("--pred", folders / "maps", *words, "--json")
    assert {r["data"] for r in json.loads(out)["results"]} == {
        str(folders / "set"),
        str(folders / "other/set"),
    }


def test_a_data_set_given_as_ground_truth_is_advised(run, folders):
    status, _, err = run("--pred", folders / "maps", "--gt", folders / "set")
    assert status == 1
    assert "given with --data" in err


def test_cut_outs_are_scored_by_their_alpha_and_it_is_said(run, given, folders, pictures):
    for number, (saliency, _) in enumerate(pictures):
        cutout = Image.new("RGBA", saliency.shape[::-1], "red")
        cutout.putalpha(Image.fromarray(saliency))
        cutout.save(folders / f"maps/{number}.png")
    _, out, err = run(*given)
    assert "map: alpha taken as the plane: 6 pictures" in err
    protocol = PaperProtocol()
    for pair in pictures:
        protocol.update(*pair)
    assert f"{protocol.result().max_f:.4f}"[1:] in out


def test_the_example_of_the_docs_gives_the_figures_of_the_command(
    run, folders, monkeypatch, capsys
):
    for part in ("maps/{}.png", "set/images/{}.jpg", "set/masks/{}.png"):
        for number in range(2, 6):
            (folders / part.format(number)).unlink()
    (folders / "set").rename(folders / "ECSSD")
    monkeypatch.chdir(folders)
    text = (Path(__file__).parents[2] / "docs/evaluate.md").read_text(encoding="utf-8")
    example = next(b for b in re.findall(r"```python\n(.*?)```", text, re.S) if " score(" in b)
    names = {"__name__": "__main__"}
    exec(example, names)
    capsys.readouterr()
    words = ("--model", "lite", "--pred", "maps", "--data", "ECSSD", "--against", "lite")
    commanded = json.loads(run(*words, "--json")[1])
    assert names["found"].to_json() == commanded
    assert [r["model"] for r in commanded["results"]] == ["maps", "lite"]


def test_two_folders_of_one_name_are_told_apart(run, folders):
    (folders / "other").mkdir()
    (folders / "other/maps").symlink_to(folders / "maps")
    words = ("--pred", folders / "maps", "--pred", folders / "other/maps")
    _, out, _ = run(*words, "--data", folders / "set", "--json")
    assert len({r["model"] for r in json.loads(out)["results"]}) == 2


def test_against_says_whether_it_is_noise(run, given, folders):
    status, out, _ = run(*given, "--against", folders / "set/masks", "--json")
    found = json.loads(out)["against"]
    by_measure = {d["measure"]: d for d in found["differences"]}
    assert status == 0
    assert by_measure["mae"]["verdict"] == "more than noise"
    assert by_measure["mae"]["low"] > 0
    assert set(found["apart"]) <= set("012345")
    _, table, _ = run(*given, "--against", folders / "maps")
    assert "within noise" in table


def test_every_file_that_is_asked_for_is_written(run, given, folders):
    names = ("csv", "markdown", "latex", "curves", "report")
    places = [folders / f"out/{n}.{'svg' if n == 'curves' else n}" for n in names]
    words = [word for n, place in zip(names, places, strict=True) for word in (f"--{n}", place)]
    status, _, _ = run(*given, *words)
    assert status == 0
    assert all(place.stat().st_size > 300 for place in places)
    assert len(places[0].read_text().splitlines()) == 1 + 6


def test_the_embedded_model_is_scored_on_real_photos(run, tmp_path, shared, directly):
    """Model, maps on disk and PySODMetrics called directly give the same figures."""
    from u2net import Remover

    for part in ("images", "masks"):
        (tmp_path / "set" / part).mkdir(parents=True)
    (tmp_path / "maps").mkdir()
    remover, pictures = Remover("lite", precision="fp32", edges="off"), []
    for photo in sorted((shared / "data/ecssd200/images").iterdir())[:2]:
        mask = shared / f"data/ecssd200/masks/{photo.stem}.png"
        (tmp_path / "set/images" / photo.name).symlink_to(photo)
        (tmp_path / "set/masks" / mask.name).symlink_to(mask)
        pictures.append((remover.mask(photo), np.asarray(Image.open(mask).convert("L"))))
        Image.fromarray(pictures[-1][0]).save(tmp_path / f"maps/{photo.stem}.png")
    words = ("--data", tmp_path / "set", "--protocol", "pysodmetrics", "--json")
    asked = json.loads(run("--model", "lite", "--precision", "fp32", *words)[1])["metrics"]
    stored = json.loads(run("--pred", tmp_path / "maps", *words)[1])["metrics"]
    expected = directly(pictures)
    assert {name: stored[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    assert asked == pytest.approx(stored, abs=1e-9)


def test_maps_are_scored_as_edges_make_them_and_unless_asked_as_enlarged(run, folders, tmp_path):
    from u2net import Remover

    words = ("--model", "swift", "--data", folders / "set", "--json")
    scored = {}
    for edges in ("off", "fast"):
        remover = Remover("swift", edges=edges)
        (tmp_path / edges).mkdir()
        for photo in (folders / "set/images").iterdir():
            Image.fromarray(remover.mask(photo)).save(tmp_path / edges / f"{photo.stem}.png")
        pred = ("--pred", tmp_path / edges, "--gt", folders / "set/masks", "--json")
        stored = json.loads(run(*pred)[1])["metrics"]
        scored[edges] = json.loads(run(*words, "--edges", edges)[1])["metrics"]
        assert scored[edges] == pytest.approx(stored, abs=1e-9)
    assert scored["off"] == json.loads(run(*words)[1])["metrics"] != scored["fast"]


def test_an_engine_with_a_device_scores_as_without(run, folders, small_model):
    words = ("--model", small_model, "--data", folders / "set", "--json", "--precision", "fp32")
    with_device = run(*words, "--engine", "onnxruntime:cpu")
    assert with_device == run(*words, "--engine", "onnxruntime")
    assert with_device[0] == 0
    assert run(*words, "--engine", "onnxruntime:toaster")[0] == 2


def test_one_model_at_two_precisions_is_a_row_each(run, folders, small_model):
    words = ("--model", small_model, "--data", folders / "set", "--precision", "fp32,auto")
    status, table, _ = run(*words, "--measures", "iou,ber")
    assert status == 0
    assert re.findall(r"small \w+", table) == ["small fp32", "small auto"]
    assert re.findall("maxF|IoU|BER", table) == ["IoU", "BER"]
    repeated = ("--precision", "fp32", "--precision", "auto", "--against", small_model)
    found = json.loads(run(*words[:4], *repeated, "--json")[1])["results"]
    assert [(r["model"], r["against"]["model"]) for r in found] == [
        ("small fp32", "small"),
        ("small auto", "small"),
    ]
    assert all(d["difference"] == 0 for d in found[0]["against"]["differences"])


def test_masks_are_cut_at_the_threshold(run, given, pictures):
    for threshold in (0.5, 0.2):
        _, out, _ = run(*given, "--threshold", threshold, "--json")
        document = json.loads(out)
        masks = [(saliency > 255 * threshold, truth > 128) for saliency, truth in pictures]
        expected = np.mean([(mask & truth).sum() / (mask | truth).sum() for mask, truth in masks])
        assert document["threshold"] == threshold
        assert document["metrics"]["iou"] == pytest.approx(expected, abs=1e-12)


def test_truths_without_foreground_are_counted_and_named_with_what_they_do(run, given, folders):
    for stem in "24":
        Image.new("L", (80, 60)).save(folders / f"set/masks/{stem}.png")
    _, _, err = run(*given)
    document = json.loads(run(*given, "--json")[1])
    remark = document["remarks"][0]
    assert document["notes"]["truth without foreground"] == 2
    assert remark.startswith("2 truths without foreground: 2, 4: F, wF, IoU and Dice are 0")
    for stem in "24":
        (folders / f"set/masks/{stem}.png").unlink()
        (folders / f"maps/{stem}.png").unlink()
    others = json.loads(run(*given, "--json")[1])["metrics"]
    assert f"over the other 4: max_f {others['max_f']:.4f}, mae {others['mae']:.4f}" in remark
    assert remark in err


def test_help_imports_nothing_heavy():
    code = """
import sys
from u2net.cli import main
sys.argv = ["u2net", "evaluate", "--help"]
main()
print(sorted({"torch", "matplotlib", "py_sod_metrics", "scipy", "openvino"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("protocol", ["paper", "pysodmetrics"])
def test_the_base_install_gives_every_measure_under_both_protocols(
    run, given, monkeypatch, protocol
):
    whole = run(*given, "--json", "--protocol", protocol)
    for package in ("py_sod_metrics", "scipy", "skimage", "matplotlib"):
        monkeypatch.setitem(sys.modules, package, None)
    assert run(*given, "--json", "--protocol", protocol) == whole
    assert json.loads(whole[1])["metrics"].keys() >= CONTRACT


def test_drawing_without_the_extra_says_so_before_any_work(run, given, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, out, err = run(*given, "--report", "x.html")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "[evaluate]'" in err


@pytest.fixture
def cutouts(tmp_path):
    """RGBA truth in `set/alpha`, and cut-outs in `cut` whose colours are four levels off."""
    rng = np.random.default_rng(1)
    for part in ("set/alpha", "cut"):
        (tmp_path / part).mkdir(parents=True)
    for n in range(3):
        rgba = rng.integers(0, 250, (20, 30, 4), np.uint8)
        Image.fromarray(rgba).save(tmp_path / f"set/alpha/{n}.png")
        Image.fromarray(rgba + np.array([4, 4, 4, 0], np.uint8)).save(tmp_path / f"cut/{n}.png")
    return "--alpha", "--pred", tmp_path / "cut", "--gt", tmp_path / "set/alpha"


def test_alpha_is_scored_with_its_colours(run, cutouts):
    status, out, _ = run(*cutouts, "--json")
    found = json.loads(out)
    assert (status, found["protocol"], found["images"]) == (0, "alpha", 3)
    assert found["metrics"]["sad"] == found["metrics"]["band_connectivity"] == 0
    for name in ("band_colour", "mixed_colour"):
        assert found["metrics"][name] == pytest.approx(4 / 255, abs=1e-6)


def test_colours_of_hard_edges_are_compared_but_none_of_them_is_mixed(run, tmp_path):
    for part, level in (("gt", 100), ("pred", 104)):
        (tmp_path / part).mkdir()
        rgba = np.full((20, 30, 4), level, np.uint8)
        rgba[..., 3] = np.repeat([0, 255], 15)
        Image.fromarray(rgba).save(tmp_path / part / "a.png")
    status, out, _ = run("--alpha", "--pred", tmp_path / "pred", "--gt", tmp_path / "gt", "--json")
    metrics = json.loads(out)["metrics"]
    assert (status, metrics["band_colour"]) == (0, pytest.approx(4 / 255, abs=1e-6))
    assert "mixed_colour" not in metrics


def test_alpha_without_colours_has_no_colour_error(run, cutouts, tmp_path):
    for path in (tmp_path / "cut").iterdir():
        with Image.open(path) as rgba:
            alpha = rgba.getchannel("A")
        alpha.save(path)
    status, out, _ = run(*cutouts, "--csv", tmp_path / "each.csv", "--measures", "sad,mse")
    assert status == 0
    assert "SAD" in out
    assert "Grad" not in out.splitlines()[1]
    header, first, *_ = (tmp_path / "each.csv").read_text().splitlines()
    assert "band_colour" not in header
    assert first.startswith("cut,set,0,alpha,0.0,")


def test_alpha_is_scored_at_its_own_size(run, cutouts, tmp_path):
    Image.new("L", (30, 21)).save(tmp_path / "cut/0.png")
    status, out, err = run(*cutouts, "--json")
    assert status == 1
    assert json.loads(out)["images"] == 2
    assert "0: alpha is 30×21, the truth 30×20 pixels" in err


def test_alphas_of_two_are_compared(run, cutouts, tmp_path):
    _, out, _ = run(*cutouts, "--json", "--against", tmp_path / "set/alpha")
    for colour, name in zip(
        json.loads(out)["against"]["differences"][-2:], ("band_colour", "mixed_colour"), strict=True
    ):
        assert (colour["measure"], colour["verdict"]) == (name, "more than noise")


@pytest.mark.parametrize("other", [("--protocol", "pysodmetrics"), ("--curves", "c.csv")])
def test_alpha_has_no_protocols_and_curves(run, cutouts, other):
    status, _, err = run(*cutouts, *other)
    assert status == 2
    assert "do not go together" in err
