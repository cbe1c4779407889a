"""`u2net remove` as a process of its own: pipes, signals, the real network."""

import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from calls import interruptible, seen_on_a_terminal
from made_pictures import decoded, encoded, photo

CAT = Path(__file__).parents[2] / "examples/cat.jpg"
REMOVE = [sys.executable, "-m", "u2net", "remove", "--model", "swift"]


def run(
    *arguments: str | Path, stdin: bytes = b"", **options: object
) -> subprocess.CompletedProcess[bytes]:
    command = [*REMOVE, *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=60, **options)  # type: ignore[call-overload, no-any-return]


def test_a_damaged_stdin_is_called_stdin() -> None:
    found = run("-", stdin=CAT.read_bytes()[:500])
    assert found.returncode == 1
    assert found.stderr.startswith(b"u2net: stdin: damaged or cut off")
    assert not found.stdout


def test_stdin_to_stdout_is_the_file_to_file(tmp_path: Path) -> None:
    piped = run("-", stdin=CAT.read_bytes())
    assert (piped.returncode, piped.stderr) == (0, b"")
    assert run(CAT, "-o", tmp_path / "cat.png").returncode == 0
    assert (tmp_path / "cat.png").read_bytes() == piped.stdout
    rgba = decoded(piped.stdout)
    assert rgba.shape == (300, 451, 4)
    assert not rgba[rgba[..., 3] == 0].any()


@pytest.mark.parametrize("redirection", ["| cat > out.png", "> out.png"])
def test_dev_stdout_is_stdout(tmp_path: Path, redirection: str) -> None:
    script = f'"$0" -m u2net remove --model swift "$1" -o /dev/stdout {redirection}'
    command = ["sh", "-c", script, sys.executable, CAT]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert decoded((tmp_path / "out.png").read_bytes()).shape == (300, 451, 4)


@pytest.mark.parametrize(
    ("redirection", "told"),
    [
        (">&-", b"stdout"),
        ("> /dev/full", b"No space left"),
        ("< /dev/null", b"empty"),
        ("<&-", b"stdin"),
    ],
)
def test_a_broken_stream_is_one_line(redirection: str, told: bytes) -> None:
    script = f'"$0" -m u2net remove --model swift - {redirection}'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable], input=CAT.read_bytes(), capture_output=True
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert told in done.stderr


def test_a_damaged_tiff_is_one_line_though_its_library_speaks_too(tmp_path: Path) -> None:
    data = bytearray(encoded(photo(64, 64), "TIFF", compression="tiff_lzw"))
    middle = len(data) // 2
    data[middle : middle + 64] = b"\xff" * 64
    (tmp_path / "bad.tif").write_bytes(data)
    done = run(tmp_path / "bad.tif")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"bad.tif: damaged" in done.stderr


def test_a_reader_that_leaves_is_one_line() -> None:
    script = '"$0" -m u2net remove --model swift "$1" -o - --format tiff | true'
    command = ["sh", "-c", script, sys.executable, CAT]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.stderr.count(b"\n") == 1
    assert b"Broken pipe" in done.stderr


def test_a_crash_of_a_library_is_not_silenced() -> None:
    program = (
        "import faulthandler; from u2net.cli.stderr import libraries_silenced\n"
        "with libraries_silenced(): faulthandler._sigsegv()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.returncode < 0
    assert b"Segmentation fault" in done.stderr
    assert b"line 2 in <module>" in done.stderr


def test_a_folder_without_the_right_to_enter_is_named_and_the_rest_done(tmp_path: Path) -> None:
    locked = tmp_path / "in/locked"
    locked.mkdir(parents=True)
    for place in (locked.parent, locked):
        (place / "cat.jpg").write_bytes(CAT.read_bytes())
    locked.chmod(0o444)
    command = [*REMOVE, tmp_path / "in", "-o", tmp_path / "out"]
    if os.access(locked / "cat.jpg", os.R_OK):  # to root nothing is locked
        if not (setpriv := shutil.which("setpriv")):
            pytest.skip("root has every right here, and no way to give it up")
        without = "-dac_override,-dac_read_search"
        command = [setpriv, f"--bounding-set={without}", f"--inh-caps={without}", *command]
    done = subprocess.run(command, capture_output=True)
    locked.chmod(0o755)
    assert done.returncode == 1
    failure, summary = done.stderr.decode().splitlines()
    assert failure.startswith(f"u2net: {locked}/cat.jpg: cannot be read (Permission denied)")
    assert summary == "u2net: 1 done, 0 skipped, 1 failed"


@pytest.mark.slow
def test_a_photo_too_large_for_the_memory_is_named_and_the_rest_done(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    for name in ("a.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(CAT.read_bytes())
    (tmp_path / "b.png").write_bytes(plain_png(15_800))
    limit = 3_000_000 << 10
    done = subprocess.run(
        [*REMOVE, tmp_path, "-o", tmp_path / "out", "--jobs", "1"],
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 1
    failure, summary = done.stderr.decode().splitlines()
    assert failure.startswith(f"u2net: {tmp_path}/b.png: ")
    assert "memory" in failure
    assert summary == "u2net: 2 done, 0 skipped, 1 failed"


def plain_png(side: int) -> bytes:
    """Half transparent black, a megabyte for a gigabyte of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    packer = zlib.compressobj(1)
    line = b"\0" + b"\0\0\0\x80" * side
    lines = b"".join([*(packer.compress(line) for _ in range(side)), packer.flush()])
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", lines), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    data = encoded(photo(300, 450), "JPEG")
    for n in range(150):
        (folder / f"{n}.jpg").write_bytes(data)
    return folder


@pytest.mark.parametrize(
    ("kill", "status", "word"),
    [
        (signal.SIGKILL, -9, b""),
        (signal.SIGINT, 130, b"u2net: interrupted\n"),
        pytest.param(signal.SIGTERM, 143, b"u2net: terminated\n", marks=pytest.mark.slow),
    ],
)
def test_a_run_that_is_ended_leaves_whole_files_only(
    many: Path, tmp_path: Path, kill: signal.Signals, status: int, word: bytes
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*REMOVE, many, "-o", out], stderr=subprocess.PIPE, preexec_fn=interruptible
    )
    while not (out.is_dir() and len(list(out.iterdir())) > 3) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(kill)
    _, told = process.communicate()
    assert (process.returncode, told) == (status, word)
    written = [path for path in out.rglob("*") if path.is_file()]
    assert 3 < len(written) < 150
    for path in written:
        assert decoded(path.read_bytes()).shape == (300, 450, 4)


@pytest.mark.parametrize("gap", [0.0, pytest.param(0.1, marks=pytest.mark.slow)])
def test_ctrl_c_twice_ends_as_once_does(many: Path, tmp_path: Path, gap: float) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*REMOVE, many, "-o", out], stderr=subprocess.PIPE, preexec_fn=interruptible
    )
    while not (out.is_dir() and list(out.iterdir())) and process.poll() is None:
        time.sleep(0.005)
    for pause in (gap, 0):
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
    _, told = process.communicate()
    assert (process.returncode, told) == (130, b"u2net: interrupted\n")


def test_ctrl_c_ends_the_wait_for_a_stream() -> None:
    process = subprocess.Popen(
        [*REMOVE, "-", "-v", "-o", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=interruptible,
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"u2net: runs on")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130  # while its stdin is open still
    assert process.stderr.read() == b"u2net: interrupted\n"
    process.communicate()


@pytest.mark.parametrize("module", ["u2net.cli", "signal", "click"])
def test_ctrl_c_before_the_command_line_is_imported_is_one_line(module: str) -> None:
    program = f"""
import os, sys
from u2net.__main__ import main
class Meanwhile:
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), 2)
for name in ("signal", "enum"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Meanwhile())
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"],
        capture_output=True,
        preexec_fn=interruptible,
    )
    assert (done.returncode, done.stderr) == (130, b"u2net: interrupted\n")


@pytest.mark.slow
def test_ctrl_c_at_any_moment_is_one_line(tmp_path: Path) -> None:
    program = (
        "import sys; from u2net.__main__ import main; print('up', flush=True); sys.exit(main())"
    )
    for tenths in range(0, 20, 2):
        process = subprocess.Popen(
            [sys.executable, "-c", program, "remove", CAT, "-q", "-o", tmp_path / f"{tenths}.png"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=interruptible,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        time.sleep(tenths / 10)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
        assert (process.returncode, told) in {(130, b"u2net: interrupted\n"), (0, b"")}


AT_EXIT = "atexit.register(os.kill, os.getpid(), 2)"
AT_THE_END = """
class Last:
    def __del__(self, kill=os.kill, me=os.getpid()):
        kill(me, 2)
last = Last()
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "",
            f"import u2net.cli; {AT_EXIT}",
            (130, b"u2net: interrupted\n"),
        ),  # functions run at exit last to first
        (AT_EXIT, "", (0, b"")),
        (AT_THE_END, "", (0, b"")),
    ],
    ids=["the exit begins", "nobody answers any more", "modules go"],
)
def test_ctrl_c_when_all_is_done_is_no_death_by_signal(
    before: str, after: str, expected: tuple[int, bytes]
) -> None:
    program = f"import atexit, os, sys\n{before}\nfrom u2net.__main__ import main\n{after}\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}sys.exit(main())", "--version"],
        capture_output=True,
        preexec_fn=interruptible,
    )
    assert (done.returncode, done.stderr) == expected


def test_a_terminal_sees_a_bar(many: Path, tmp_path: Path) -> None:
    for path in sorted(many.iterdir())[5:]:
        path.unlink()
    (many / "[bold]bad[").with_suffix(".jpg").write_bytes(b"text")
    status, seen = seen_on_a_terminal([*REMOVE, many, "-o", tmp_path / "out"])
    assert status == 1
    assert b"6/6" in seen
    assert b"[bold]bad[.jpg: no picture" in seen
