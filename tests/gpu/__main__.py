"""All that is to be known of a GPU, in minutes: `python -m tests.gpu --minutes 9 --out DIR`.

Stages with time limits of their own, the most valuable first; each leaves its file even if a later one
dies. What the files mean: docs/gpu.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.gpu.stages import ROOT, STAGES, Setting, Stage

STANDIN = ROOT / "tests" / "gpu" / "standin"
NO_DEVICE = 2  # the exit status of the first stage then, and of all
ENOUGH = 30.0  # seconds that a stage has, whatever its share: first imports from a cold disk are slow
TOO_LITTLE = 5.0  # seconds with which no stage begins
STATUSES = """\
exit status: 0 all stages were done and found nothing wrong; 1 a stage failed or was cut short (the full
profile may be: it takes what time is left); 2 misuse, or no GPU; 130 interrupted"""


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    if options.list:
        print(*(f"{stage.name:10} {stage.file}" for stage in STAGES), sep="\n")
        return 0
    end = time.monotonic() + 60 * options.minutes
    try:
        with tempfile.TemporaryDirectory(prefix="gpu-") as scratch:
            return _perform(options, Path(scratch), end)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"tests.gpu: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tests.gpu: interrupted", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="python -m tests.gpu",
        description="Test, measure and time everything on a GPU, most valuable first.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = whole.add_argument
    add("--minutes", type=_minutes, default=9.0, help="in all (default: %(default)g)")
    add(
        "--out",
        type=Path,
        default=Path("reports/gpu"),
        metavar="DIR",
        help="folder of the files, at most 8 (default: %(default)s)",
    )
    add(
        "--wheels",
        type=Path,
        metavar="DIR",
        help="folder of wheels to use that are not installed, such as python-flint's (default: none)",
    )
    add(
        "--only",
        action="append",
        choices=[stage.name for stage in STAGES],
        metavar="STAGE",
        help="this stage, after a look at the machine; may be repeated (default: all)",
    )
    add("--rehearse", action="store_true", help="on a stand-in for a GPU, with small sizes: none is needed")
    add("--list", action="store_true", help="print the stages and their files")
    return whole


def _minutes(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"expected minutes greater than 0, got {text!r}")
    return value


def _perform(options: argparse.Namespace, scratch: Path, end: float) -> int:
    """All stages; the exit status."""
    env = _environment(options, scratch)
    from tests.gpu import limited, outcomes  # these need python-flint

    setting = Setting(options.out.resolve(), scratch, options.rehearse)
    setting.out.mkdir(parents=True, exist_ok=True)
    title = _title(options)
    print(title, flush=True)
    found: list[outcomes.Outcome] = []
    for stage, seconds in _limits(_chosen(options.only), end):
        if seconds < TOO_LITTLE:
            found.append(outcomes.Outcome(stage, "not begun"))
        else:
            where = setting.log(stage), setting.folder(stage)
            run = limited.perform(stage.command(setting), env, *where, seconds)
            found.append(outcomes.judge(stage, run, setting))
        print(found[-1].line(), flush=True)
        outcomes.write(found, setting, title)
        if stage is STAGES[0] and found[-1].status == NO_DEVICE:
            return NO_DEVICE
    return int(not all(outcome.fine for outcome in found))


def _chosen(only: Sequence[str] | None) -> list[Stage]:
    """The machine is always looked at first."""
    return [stage for stage in STAGES if not only or stage.name in only or stage is STAGES[0]]


def _limits(stages: Sequence[Stage], end: float) -> Iterator[tuple[Stage, float]]:
    """Each stage with the seconds it may take: its share of those that are left when it begins.

    What one does not need is the others'.
    """
    for n, stage in enumerate(stages):
        left = end - time.monotonic()
        share = left * stage.share / sum(later.share for later in stages[n:])
        yield stage, min(left, max(share, ENOUGH))


def _title(options: argparse.Namespace) -> str:
    device = " on the stand-in: a rehearsal, no figure is a GPU's" if options.rehearse else ""
    return f"python -m tests.gpu, {options.minutes:g} minutes{device}"


def _environment(options: argparse.Namespace, scratch: Path) -> dict[str, str]:
    """The stages' environment; what was carried as wheels is installed into a folder of its path."""
    paths = [str(ROOT)]
    if options.rehearse:
        paths.append(str(STANDIN))
    if options.wheels is not None:
        paths.append(_installed(options.wheels, scratch / "packages"))
        sys.path.append(paths[-1])
    known = os.environ.get("PYTHONPATH")
    joined = os.pathsep.join([*paths, *[known] * bool(known)])
    return os.environ | {"PYTHONPATH": joined, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _installed(wheels: Path, folder: Path) -> str:
    """Install every wheel of a folder, from nowhere else."""
    found = sorted(map(str, wheels.glob("*.whl")))
    if not found:
        raise FileNotFoundError(f"{wheels} holds no wheels")
    offline = ["--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip", "install", *offline, "--target", str(folder)]
    subprocess.run([*pip, *found], check=True)
    return str(folder)


if __name__ == "__main__":
    sys.exit(main())
