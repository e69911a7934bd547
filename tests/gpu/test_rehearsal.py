"""The whole command, as on the day: only the card is not real.

A copy of the working tree in an empty folder, a fresh virtual environment with the packages that such a
machine has, python-flint as a wheel next to it, no network, and the stand-in under CuPy's name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from gradcheck import cli
from gradcheck.records.jsonl import read
from tests.gpu.stages import STAGES

ROOT = Path(__file__).resolve().parents[2]
CARRIED = "python-flint"
Rehearsal = tuple[Path, "subprocess.CompletedProcess[str]"]
OURS = ("dezero", "gradcheck", "__editable__")  # how the names of what this project installs begin


def tree(folder: Path) -> Path:
    """The working tree as it would travel: what git tracks, and what it would."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed: there is no list of the files that travel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of the files that travel")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():  # one may be deleted and not yet committed
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    return folder


def wheel(folder: Path) -> None:
    """The wheel of the installed python-flint, made again of its files."""
    package = metadata.distribution(CARRIED)
    wheel = str(package.read_text("WHEEL")).splitlines()
    tag = next(line.partition(": ")[2] for line in wheel if line.startswith("Tag"))
    folder.mkdir()
    path = folder / f"{CARRIED.replace('-', '_')}-{package.version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in package.files or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                archive.write(str(file.locate()), str(file))


def environment(folder: Path, packages: Path) -> Path:
    """The Python of a fresh virtual environment that has what is installed here, but what is carried."""
    carried = {file.parts[0] for file in metadata.distribution(CARRIED).files or ()}
    packages.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.name not in carried and not path.name.startswith(OURS) and path.suffix != ".pth":
            (packages / path.name).symlink_to(path)
    without = ["--without-pip"] if (packages / "pip").exists() else []  # it is there: it need not be unpacked
    subprocess.run([sys.executable, "-m", "venv", *without, str(folder)], check=True)
    python = folder / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    Path(own, "packages.pth").write_text(f"{packages}\n")
    return python


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """The folder that the command filled, and how it ended."""
    folder = tmp_path_factory.mktemp("rehearsal")
    wheel(folder / "wheels")
    python = environment(folder / "venv", folder / "packages")
    alone = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    missing = subprocess.run([python, "-c", "import flint"], env=alone, capture_output=True, check=False)
    assert missing.returncode, "what is to be carried is there already"
    options = ["--rehearse", "--minutes=5", f"--wheels={folder / 'wheels'}", f"--out={folder / 'out'}"]
    done = subprocess.run(
        [python, "-m", "tests.gpu", *options],
        cwd=tree(folder / "tree"), env=alone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return folder / "out", done


def test_every_stage_is_done(rehearsed: Rehearsal) -> None:
    out, done = rehearsed
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    _, *table = done.stdout.splitlines()
    assert [line.split()[:2] for line in table] == [[stage.name, "done"] for stage in STAGES]
    assert (out / "summary.txt").read_text().startswith(done.stdout)


def test_the_files_are_few_small_and_whole(rehearsed: Rehearsal) -> None:
    out, _ = rehearsed
    sizes = {path.name: path.stat().st_size for path in out.iterdir()}
    assert sorted(sizes) == ["benchmark.json", "full.jsonl.gz", "machine.txt", "networks.json", "profile.txt",
                             "quick.jsonl.gz", "summary.txt", "tests.txt"]  # fmt: skip
    assert all(0 < size <= 16 * 2**20 for size in sizes.values())
    assert {row["verdict"] for row in json.loads((out / "networks.json").read_text())} == {"same"}
    benchmark = json.loads((out / "benchmark.json").read_text())
    assert set(benchmark) == {"about", "limits", "workloads", "fused"}
    assert all("ms" in row for row in [*benchmark["workloads"], *benchmark["fused"]])
    rows = [row for name in ("quick", "full") for row in read(out / f"{name}.jsonl.gz")]
    cases = [row for row in rows if row["kind"] == "case"]
    assert {row["verdict"] for row in cases} == {"pass"}
    assert {row["device"] for row in cases if row["oracle"] == "jet"} == {"gpu"}
    assert not any("/" in row["command"] for row in rows if row["kind"] == "run")  # a folder of that machine


def test_its_records_and_the_cpus_make_one_report(
    rehearsed: Rehearsal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = rehearsed
    measure = ["run", "--op", "tanh", "--order", "1", "--device", "cpu", "-n", "1", "--out"]
    assert cli.main([*measure, str(tmp_path / "cpu")]) == 0
    records = [tmp_path / "cpu" / "records.jsonl", out / "quick.jsonl.gz", out / "full.jsonl.gz"]
    assert cli.main(["report", *map(str, records), "--out", str(tmp_path / "both")]) == 0
    capsys.readouterr()
    both = read(tmp_path / "both" / "records.jsonl")
    assert {row["device"] for row in both if row["kind"] == "case"} == {"cpu", "gpu"}
    assert "stand-in for a GPU" in (tmp_path / "both" / "index.html").read_text(encoding="utf-8")
