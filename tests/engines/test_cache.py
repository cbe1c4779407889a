"""Compiled models on disk."""

import os
import subprocess
import sys

import numpy as np

from u2net.engines import load_engine
from u2net.engines.cache import key

LOAD = """
import sys
from pathlib import Path
import numpy as np
from u2net.weights.card import Card
from u2net.engines import load_engine
engine = load_engine(Path(sys.argv[1]).read_bytes(), Card(name="small", size_hw=(64, 48)))
print(engine(np.ones((1, 3, 64, 48), np.float32)).sum())
"""


def test_a_second_load_takes_what_the_first_kept(plain, batch, cache_folder):
    first = load_engine(plain.data, plain.card)(batch)
    (kept,) = cache_folder.iterdir()
    written = kept.stat().st_mtime_ns
    assert np.array_equal(load_engine(plain.data, plain.card)(batch), first)
    assert kept.stat().st_mtime_ns == written


def test_a_damaged_file_is_made_anew(plain, batch, cache_folder):
    expected = load_engine(plain.data, plain.card)(batch)
    (kept,) = cache_folder.iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[:1000], whole[:-1] + bytes([whole[-1] ^ 1])):
        kept.write_bytes(damaged)
        assert np.array_equal(load_engine(plain.data, plain.card)(batch), expected)
        assert len(kept.read_bytes()) > len(whole) // 2


def test_each_setting_has_a_file_of_its_own(plain, cache_folder):
    for threads in (1, 2):
        load_engine(plain.data, plain.card, threads=threads)
    assert len(list(cache_folder.iterdir())) == 2
    assert key(b"ab", ["c"]) != key(b"a", ["bc"])


def test_all_works_where_nothing_can_be_kept(plain, batch, cache_folder):
    cache_folder.write_text("a file where the folder should be")
    assert load_engine(plain.data, plain.card)(batch).shape == (3, 1, 64, 48)


def test_processes_share_a_cache(plain, tmp_path):
    command = [sys.executable, "-c", LOAD, str(plain.path)]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    results = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(results) == 1
