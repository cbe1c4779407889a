"""A cluster of two nodes, a store, and what is killed in them."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from made_pictures import decoded, encoded, photo
from made_store import needed, store
from u2net.batch.streamed import FILM
from u2net.places.address import Address
from u2net.places.place import Place, place_at

PHOTOS, BROKEN = json.loads(os.environ.get("U2NET_TEST_PHOTOS", "[200, 5]"))
POISON = b"kills its worker"
DAWDLER = b"takes its time"
AT_WORK = 12
"""At three kills, by two workers: one each, and one that is on its way."""

SLOW = f"""
import os, time, PIL.Image
opened = PIL.Image.open
def slowly(file, *arguments, **options):
    if hasattr(file, "getvalue"):
        with open(os.environ["U2NET_TEST_OPENED"], "a") as told:
            told.write(f"{{getattr(file, 'name', '')}}\\n")
        time.sleep(0.4 if {DAWDLER!r} in file.getvalue() else {30 / PHOTOS})
        if {POISON!r} in file.getvalue():
            os.kill(os.getpid(), 9)
    return opened(file, *arguments, **options)
PIL.Image.open = slowly
"""
"""What all processes of the cluster begin with, so that a photo takes its time."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    needed("ray", "pyarrow", "fsspec", "s3fs", "moto", "flask", "flask_cors")
    folder = tmp_path_factory.mktemp("slow")
    (folder / "sitecustomize.py").write_text(SLOW)
    with store() as of_store, pytest.MonkeyPatch.context() as patch:
        source = Path(__file__).parents[2] / "src"
        quiet = {
            "PYTHONPATH": f"{folder}{os.pathsep}{source}",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "RAY_AUTH_MODE": "disabled",
            "U2NET_TEST_OPENED": str(folder / "opened"),
            "AWS_MAX_ATTEMPTS": "5",  # as drivers do: under load the store errs once in a while
        }
        for name, value in (of_store | quiet).items():
            patch.setenv(name, value)
        yield of_store | quiet


@pytest.fixture(scope="module")
def photos(settings: dict[str, str]) -> Place:
    place = place_at(Address("s3://bucket"))
    for n in range(PHOTOS):
        place.write(f"in/{n % 3}/{n:03}.png", encoded(photo(64, 64)), replace=True)
    for n in range(BROKEN):
        place.write(f"in/1/broken{n}.jpg", b"\xff\xd8\xff", replace=True)
    place.write("in/2/poison.jpg", POISON, replace=True)
    place.write("in/2/film.mp4", b"", replace=True)
    return place


@pytest.fixture(scope="module")
def cluster(settings: dict[str, str]) -> Iterator[Any]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        small = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
        made = Cluster(initialize_head=True, head_node_args=small)
        # Of another address, so that the driver goes to the first.
        made.lost = made.add_node(
            num_cpus=1, object_store_memory=100 << 20, node_ip_address="127.0.0.2"
        )
        yield made
        made.shutdown()


def started(
    cluster: Any, model: Path, source: str = "in", output: str = "out"
) -> "subprocess.Popen[bytes]":
    places = [f"s3://bucket/{source}", "-o", f"s3://bucket/{output}"]
    command = [sys.executable, "-m", "u2net", "remove", *places]
    options = ["--cluster", cluster.address, "--model", str(model), "--json"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def rows(place: Place) -> list[dict[str, Any]]:
    from pyarrow import parquet

    manifest = place_at(place.address / "out/.u2net/manifest")
    tables = [parquet.read_table(manifest.read(name)) for name in manifest.names()]
    return [row for table in tables for row in table.to_pylist()]


def outputs(place: Place, folder: str = "out") -> dict[str, Any]:
    """Each output and when it was written."""
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"IsTruncated": True}
    while page["IsTruncated"]:
        after = found[-1]["Key"] if found else ""
        page = place.system.call_s3(
            "list_objects_v2", Bucket="bucket", Prefix=f"{folder}/", StartAfter=after
        )
        found += page.get("Contents", ())
    return {one["Key"]: one["LastModified"] for one in found if "/." not in one["Key"]}


def wait(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.2)
    raise AssertionError("nothing happens")


def workers(settings: dict[str, str]) -> list[int]:
    """Processes of this cluster that are making pictures."""
    mark = settings["AWS_ENDPOINT_URL"].encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (
                b"ray::MapWorker" in (process / "cmdline").read_bytes()
                and mark in (process / "environ").read_bytes()
            ):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def killed_at_every_level(
    settings: dict[str, str], photos: Place, cluster: Any, model: Path
) -> None:
    """A run of which first a worker is killed, then a node, then the driver."""

    def wait_for_more() -> None:
        seen = len(outputs(photos))
        wait(lambda: driver.poll() is not None or len(outputs(photos)) >= seen + PHOTOS // 25)
        assert driver.poll() is None, driver.communicate()

    with started(cluster, model) as driver:
        wait_for_more()
        os.kill(workers(settings)[0], signal.SIGKILL)
        wait_for_more()
        cluster.remove_node(cluster.lost, allow_graceful=False)
        wait_for_more()
        driver.kill()
    wait(lambda: not workers(settings))


def check_made_once(settings: dict[str, str]) -> None:
    """All but the few photos that were at work when something was killed."""
    opened = Counter(Path(settings["U2NET_TEST_OPENED"]).read_text().splitlines())
    ours = "s3://bucket/in/"
    photos = {n: t for n, t in opened.items() if n.startswith(ours) and n.endswith(".png")}
    assert len(photos) == PHOTOS
    again = [name for name, times in photos.items() if times > min(photos.values())]
    assert len(again) <= AT_WORK, again


def check_manifest(there: list[dict[str, Any]]) -> None:
    """Every photo is in it once, as what became of it."""
    assert len({row["name"] for row in there}) == len(there) == PHOTOS + BROKEN + 1
    assert Counter(row["status"] for row in there) == {"done": PHOTOS, "quarantined": BROKEN + 1}
    (poison,) = (row for row in there if row["name"] == "2/poison.jpg")
    assert "2/poison.jpg: its worker died 3 times" in poison["error"]


def ended(cluster: Any, model: Path) -> dict[str, Any]:
    """The summary of a run that went through."""
    with started(cluster, model) as driver:
        out, err = driver.communicate(timeout=600 + PHOTOS)
    assert driver.returncode == 1, err
    assert out, err
    assert b"verysecret" not in out + err
    assert b"\n".join(err.splitlines()[:1]).startswith(b"u2net: ") or not err, err
    return dict(json.loads(out))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_node_that_joins_in_the_middle_gets_workers(
    settings: dict[str, str], photos: Place, cluster: Any, small_model: Path
) -> None:
    photo_of_all = encoded(photo(64, 64)) + DAWDLER
    for n in range(640):  # so that bundles wait for workers
        photos.write(f"many/{n:03}.png", photo_of_all, replace=True)
    with started(cluster, small_model, "many", "joined") as driver:
        wait(lambda: driver.poll() is not None or len(outputs(photos, "joined")) >= 8)
        before = len(workers(settings))
        node = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
        wait(lambda: driver.poll() is not None or len(workers(settings)) > before)
        assert driver.poll() is None, driver.communicate()
        # Of a driver that is killed Ray keeps the share of the cluster for three minutes.
        driver.send_signal(signal.SIGINT)
    wait(lambda: not workers(settings))
    cluster.remove_node(node)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_after_a_worker_a_node_and_the_driver_are_killed_all_is_there_once(
    settings: dict[str, str], photos: Place, cluster: Any, small_model: Path
) -> None:
    killed_at_every_level(settings, photos, cluster, small_model)
    before, told = outputs(photos), {row["name"] for row in rows(photos)}
    assert 24 <= len(before) < PHOTOS

    summary = ended(cluster, small_model)
    failed = [row["error"] for row in rows(photos) if row["status"] == "failed"]
    assert (summary["failed"], failed) == (0, [])
    assert (summary["done"], summary["quarantined"]) == (PHOTOS, BROKEN + 1)
    assert summary["left_out"] == {FILM: 1}
    assert (summary["before"], summary["retries"] >= 3) == (len(told), True)
    after = outputs(photos)
    assert {name: after[name] for name in before} == before, "made a second time"
    assert len(after) == PHOTOS
    for name in after:
        assert decoded(photos.read(name).read()).shape == (64, 64, 4)
    check_manifest(rows(photos))
    check_made_once(settings)

    assert ended(cluster, small_model)["before"] == PHOTOS + BROKEN + 1
    assert outputs(photos) == after


def remove(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "u2net", "remove", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_what_is_asked_wrongly_is_one_line_before_any_cluster_starts(
    settings: dict[str, str], photos: Place, tmp_path: Path
) -> None:
    cases = {
        ("s3://nowhere/in", "-o", "s3://nowhere/out"): "s3://nowhere/out",
        ("s3://nowhere/in", "-o", "s3://bucket/o"): "s3://nowhere/in: not there",
        ("s3://bucket/empty", "-o", "s3://bucket/p"): "s3://bucket/empty: no pictures there",
        ("s3://bucket/in", "-o", "s3://bucket/in/out"): "one lies in the other",
        ("s3://bucket/in", "-o", "s3://bucket"): "one lies in the other",
        ("s3://bucket/in", "s3://bucket/x", "-o", "s3://bucket/o"): "takes one folder",
    }
    for arguments, told in cases.items():
        done = remove(*arguments, "--cluster", "local")
        assert done.returncode in (1, 2)
        assert told in done.stderr.splitlines()[-1]
    photos.write("full/a.txt", b"", replace=True)
    done = remove("s3://bucket/in", "-o", "s3://bucket/full", "--cluster", "local")
    assert done.stderr == (
        "u2net: s3://bucket/full: holds a.txt; choose another output, or give --skip-existing or "
        "--overwrite\n"
    )
    assert not photos.has("full/.u2net/lock.json")


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_one_line(
    settings: dict[str, str], photos: Place, small_model: Path
) -> None:
    address = "127.0.0.1:1"
    options = ("-o", "s3://bucket/none", "--cluster", address, "--model", str(small_model))
    done = remove("s3://bucket/in", *options)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"u2net: cluster {address}: cannot be joined (")
    assert not photos.has("none/.u2net/lock.json")


@pytest.mark.slow
def test_a_store_that_goes_away_in_the_middle_ends_a_run_in_one_line(
    settings: dict[str, str],
    small_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = tmp_path / "opened"
    monkeypatch.setenv("U2NET_TEST_OPENED", str(opened))
    places = ["s3://bucket/in", "-o", "s3://bucket/out", "--model", str(small_model)]
    command = [sys.executable, "-m", "u2net", "remove", *places, "--cluster", "local"]
    with store() as own:
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        place, one = place_at(Address("s3://bucket/in")), encoded(photo(64, 64))
        for n in range(400):
            place.write(f"{n:03}.png", one, replace=True)
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait(lambda: run.poll() is not None or (opened.exists() and opened.stat().st_size > 2000))
        assert run.poll() is None, run.communicate()
    out, err = run.communicate(timeout=120)
    assert (run.returncode, out) == (1, "")
    assert all(line.startswith("u2net: s3://bucket/") for line in err.splitlines()), err
    assert "cannot be reached (" in err.splitlines()[-1]


def test_a_manifest_is_read_by_pandas(place: Place) -> None:
    needed("pandas")
    import pandas

    from u2net.cluster.record import Record

    record = Record(place)
    record.add([{"name": "a.jpg", "status": "done", "seconds": 0.5, "width": 64}])
    record.flush()
    (name,) = place.names()
    table = pandas.read_parquet(io.BytesIO(place.read(name).read()))
    assert table.loc[0, ["name", "status", "width"]].tolist() == ["a.jpg", "done", 64]
    assert {"address", "error", "seconds", "model", "version", "node"} <= set(table.columns)
