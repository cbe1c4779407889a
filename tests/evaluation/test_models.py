"""Folders and models -> work."""

import numpy as np
import pytest
from PIL import Image

from u2net.data.listing import by_stem
from u2net.errors import DatasetError, EvaluationError, UnreadableImageError
from u2net.evaluation import models
from u2net.evaluation.models import DataSet, MapFolder, Network, sources_of


@pytest.fixture
def data(folders):
    return DataSet.find(folders / "set")


def test_a_data_set_knows_its_photos(data, pictures):
    assert (data.name, len(data.truths), len(data.photos)) == ("set", len(pictures), len(pictures))


def test_a_folder_of_truth_is_called_by_its_set(folders):
    assert DataSet.of_truths(folders / "set/masks").name == "set"
    assert DataSet.of_truths(folders / "maps").name == "maps"


def test_an_empty_folder_of_truth_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no picture"):
        DataSet.of_truths(tmp_path)


def test_every_truth_becomes_work_in_order(folders, data):
    tasks = list(MapFolder("m", folders / "maps").tasks(data))
    assert [(w.stem, w.map.name) for w in tasks] == [(s, f"{s}.png") for s in sorted(data.truths)]


def test_a_truth_without_map_is_an_outcome_with_its_reason(folders, data):
    (folders / "maps/1.png").unlink()
    assert "no map 1 in" in list(MapFolder("m", folders / "maps").tasks(data))[1].reason


def test_maps_without_truth_are_named(folders, data):
    (folders / "maps/extra.png").write_bytes(b"")
    assert MapFolder("m", folders / "maps").remarks(data) == ("1 maps without truth: extra",)


def test_stems_that_differ_by_a_suffix_are_refused_with_the_option_that_helps(folders, data):
    for path in (folders / "maps").iterdir():
        path.rename(path.with_stem(f"{path.stem}_pred"))
    with pytest.raises(EvaluationError, match="add --suffix _pred"):
        list(MapFolder("m", folders / "maps").tasks(data))
    assert len(list(MapFolder("m", folders / "maps", "_pred").tasks(data))) == len(data.truths)


def test_stems_that_have_nothing_in_common_are_shown(tmp_path, data):
    (tmp_path / "cats").mkdir()
    Image.new("L", (3, 3)).save(tmp_path / "cats/cat.png")
    with pytest.raises(EvaluationError, match="maps are like 'cat'; truths are like '0'"):
        list(MapFolder("m", tmp_path / "cats").tasks(data))


def test_a_folder_without_maps_is_refused(tmp_path, data):
    (tmp_path / "empty").mkdir()
    with pytest.raises(EvaluationError, match="no map is in this folder"):
        list(MapFolder("m", tmp_path / "empty").tasks(data))


def test_a_folder_of_maps_is_listed_once(folders, data, monkeypatch):
    listed = []

    def counted(folder, *suffixes):
        listed.append(folder)
        return by_stem(folder, *suffixes)

    monkeypatch.setattr(models, "by_stem", counted)
    source = MapFolder("m", folders / "maps")
    for _ in range(3):
        assert len(list(source.tasks(data))) == len(data.truths)
        source.remarks(data)
        source.plane(data, "0")
    assert listed == [folders / "maps"]


def test_maps_of_several_sets_lie_in_a_folder_each(folders, data):
    (folders / "all").mkdir()
    (folders / "maps").rename(folders / "all/SET")
    tasks = list(MapFolder("m", folders / "all").tasks(data))
    assert tasks[0].map == folders / "all/SET/0.png"


def test_a_model_is_asked_for_one_map_at_a_time(data):
    asked = []

    def mask(photo):
        asked.append(photo)
        if photo.stem == "1":
            raise UnreadableImageError(f"{photo}: damaged")
        return np.zeros((3, 3), np.uint8)

    tasks = Network("m", "m.onnx", mask).tasks(data)
    assert next(tasks).stem == "0"
    assert len(asked) == 1
    assert "damaged" in next(tasks).reason


@pytest.mark.slow
def test_a_checkpoint_and_an_unfinished_run_are_scored_as_what_they_export_to(folders, tmp_path):
    from u2net import Remover
    from u2net.export import card_for, export_onnx
    from u2net.network import RSUSpec, U2Net, U2NetSpec, save_checkpoint

    (tmp_path / "mine/checkpoints").mkdir(parents=True)
    net = U2Net(U2NetSpec(encoders=(RSUSpec(2, mid=2, out=2),), decoders=()))
    for name in ("net.safetensors", "mine/checkpoints/last.ckpt"):
        save_checkpoint(net, tmp_path / name)
    file = tmp_path / "net.onnx"
    export_onnx(net, card_for(tmp_path / "net.safetensors"), file)
    photo = folders / "set/images/0.jpg"
    expected = Remover(file, precision="fp32", edges="off").mask(photo)
    for place in ("net.safetensors", "mine"):
        (source,) = sources_of(tmp_path / place, ["fp32"], suffix="", engine="auto")
        assert source.name == place.split(".")[0]
        np.testing.assert_array_equal(source.mask(photo), expected)
