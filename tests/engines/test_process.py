"""Engines in processes that fork, end, and are watched."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from u2net.weights.catalog import find_model

CAT = str(Path(__file__).parents[2] / "examples" / "cat.jpg")
START = f"""
import os, sys, threading, time
import u2net
CAT = {CAT!r}
remover = u2net.Remover("swift")
remover.mask(CAT)
"""


def run(program: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr; a process that stands still for ten minutes is ended."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def cache_folder() -> None:
    """The cache of the session: these programs need not compile anew."""


USES = {
    "the parent's": "remover.mask(CAT)",
    "one of its own": "u2net.Remover('swift').mask(CAT)",
    "another of its own": "u2net.Remover('swift', precision='fp32').mask(CAT)",
    "one of its own after it let go of the parent's": (
        "remover = None; u2net.Remover('swift').mask(CAT)"
    ),
}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Use -> what a forked child was told at it."""
    children = f"""
for name, use in {USES}.items():
    child = os.fork()
    if not child:
        try:
            exec(use)
        except u2net.U2NetError as error:
            print(name, error, sep=": ", flush=True)
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""
    status, out, err = run(START + children)
    assert (status, err) == (0, "")
    return dict(line.split(": ", 1) for line in out.splitlines())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("use", USES)
def test_a_forked_child_is_told_at_once_to_be_spawned(use, told):
    assert told.keys() == USES.keys()
    assert "'spawn'" in told[use]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_child_that_was_forked_while_another_thread_loads_is_told_too():
    program = START.replace("remover.mask(CAT)", "loading = threading.Event()")
    child = """
from u2net import remover as module
find = module.find_model
def slowly(name, **options):
    loading.set()
    time.sleep(0.5)
    return find(name, **options)
u2net.Remover("swift").load()
module.find_model = slowly
threading.Thread(target=remover.load).start()
loading.wait()
child = os.fork()
if not child:
    try:
        remover.mask(CAT)
    except u2net.U2NetError as error:
        print(error, flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    status, out, _ = run(program + child)
    assert (status, out.count("\n")) == (0, 1)
    assert "'spawn'" in out


@pytest.mark.slow
def test_a_child_that_was_forked_before_the_first_picture_works():
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("there are no forks here")
    program = f"""
import multiprocessing, u2net
remover = u2net.Remover("swift")
def work(path):
    return remover.mask(path).shape
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(*pool.map(work, [{CAT!r}] * 3))
"""
    status, out, _ = run(program)
    assert (status, out.count("(")) == (0, 3)


@pytest.mark.slow
def test_onnxruntime_works_in_a_forked_child():
    if not hasattr(os, "fork"):
        pytest.skip("there are no forks here")
    child = """
child = os.fork()
if not child:
    print(u2net.Remover("swift", engine="onnxruntime").mask(CAT).shape, flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    status, out, _ = run(START + child)
    assert (status, out.count("(")) == (0, 1)


@pytest.mark.slow
def test_the_process_ends_well_while_a_daemon_thread_is_at_work():
    busy = """
def work():
    while True:
        remover.mask(CAT)
threading.Thread(target=work, daemon=True).start()
time.sleep(0.5)
"""
    for _ in range(5):
        status, _, err = run(START + busy)
        assert (status, err) == (0, "")


def test_the_end_waits_for_a_daemon_thread_and_lets_it_begin_nothing_more():
    program = """
import threading, time
from u2net.machine.ending import at_work
begun = threading.Event()
def work():
    with at_work():
        begun.set()
        time.sleep(0.3)
        with at_work():
            print("done", flush=True)
    with at_work():
        print("never", flush=True)
threading.Thread(target=work, daemon=True).start()
begun.wait()
"""
    assert run(program) == (0, "done\n", "")


def test_what_ends_the_process_may_still_work():
    program = """
import atexit
def last():
    with at_work():
        print("done")
atexit.register(last)
from u2net.machine.ending import at_work
"""
    assert run(program) == (0, "done\n", "")


WATCHED = """
import socket, sys
def refuse(*_, **__):
    print("asked the network", flush=True)
    raise OSError("no network here")
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
class Closed(socket.socket):
    connect = connect_ex = sendto = refuse
socket.socket = Closed
"""


def test_nothing_leaves_the_machine(tmp_path):
    program = f"""
import u2net
u2net.remove({CAT!r})
print("openvino" in sys.modules, "openvino_telemetry" in sys.modules)
"""
    status, out, _ = run(WATCHED + program, HOME=str(tmp_path), USERPROFILE=str(tmp_path))
    assert (status, out) == (0, "True False\n")
    assert not (tmp_path / "intel").exists()


@pytest.mark.slow
def test_openvinos_own_converter_works_for_others_before_and_after(tmp_path):
    # Theirs is told to keep quiet: this test says nothing to the network either.
    quiet = WATCHED + "sys.modules['openvino_telemetry'] = None\n"
    ours = f"import u2net; u2net.remove({CAT!r})\n"
    theirs = f"""
import openvino
from openvino.tools.ovc import convert_model
for convert in (openvino.convert_model, convert_model):
    assert convert({str(find_model("lite").path)!r}).inputs
"""
    for program in (theirs + ours + theirs, ours + theirs):
        status, out, err = run(quiet + program, HOME=str(tmp_path))
        assert (status, out) == (0, ""), err
