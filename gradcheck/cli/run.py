"""`gradcheck run`: the whole laboratory."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.cli import arguments
from gradcheck.system import files
from gradcheck.system.texts import printable

if TYPE_CHECKING:
    from gradcheck.running.cluster import Cluster
    from gradcheck.running.session import Finished

HELP = "measure every function of dezero, and the specs of installed packages, and write the report"
EXAMPLES = (
    "gradcheck run",
    "gradcheck run --op 'tanh,soft*' --order 3 --out reports/mine",
    "gradcheck run --profile full -n 8 --junit gradients.xml --history reports/history.jsonl",
    "gradcheck run --dask tcp://127.0.0.1:8786",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    arguments.add_pattern(parser)
    arguments.add_order(parser, "highest order (default: each spec's)")
    parser.add_argument(
        "--device",
        choices=("cpu", "gpu", "all"),
        default="all",
        help="where to measure (default: all there are)",
    )
    parser.add_argument(
        "--profile",
        choices=("quick", "full"),
        default="quick",
        help="full: every variant, float16 and longdouble too (default: quick)",
    )
    arguments.add_workers(parser)
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="measure on the workers of a Dask cluster instead, by its scheduler's address, "
        "tcp://HOST:PORT; needs the extra `dask` (default: this machine)",
    )
    arguments.add_out(
        parser, "folder of index.html and records.jsonl (default: %(default)s)", Path("reports/latest")
    )
    parser.add_argument(
        "--time-limit",
        type=arguments.seconds,
        metavar="SECONDS",
        help="for one case (default: 60, in the full profile 300)",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML, too (default: none)")
    arguments.add_baseline(parser)
    arguments.add_history(
        parser,
        "add a line on this run to this file, such as reports/history.jsonl, and draw what is in it "
        "(default: none)",
    )


def main(options: argparse.Namespace) -> int:
    from gradcheck.records.jsonl import RECORDS
    from gradcheck.running import cluster

    with files.keeping(arguments.read_too(options)):
        files.check_writable(options.out / RECORDS)
        if options.junit is not None:
            files.check_writable(options.junit)
        if options.history is not None:
            _check_history(options.history)
        if options.dask is None:
            return _tell(_measure(options, None), options)
        with cluster.connect(options.dask) as connected:
            return _tell(_measure(options, connected), options)


def _check_history(path: Path) -> None:
    """Refuse now what could not be read or added to when the run is over."""
    from gradcheck.records import history

    files.check_writable(path)
    if path.exists():
        history.read(path)


def _measure(options: argparse.Namespace, cluster: Cluster | None) -> Finished:
    """On this machine's processes, or on a cluster."""
    from gradcheck.cases import laboratory
    from gradcheck.records.machine import usable_cores
    from gradcheck.running import session
    from gradcheck.running.availability import available

    found = (options.device, cluster.no_gpu) if cluster else (options.device,)
    devices, left_out = available(*found)
    return session.run(
        laboratory.Selection(options.op, options.order, devices, options.profile),
        options.out,
        workers=options.n or usable_cores(),
        command=options.command_line,
        cluster=cluster,
        apart=True,
        left_out=left_out,
        time_limit=options.time_limit,
        baseline=arguments.baseline(options),
        history=options.history,
    )


def _tell(finished: Finished, options: argparse.Namespace) -> int:
    """Write what was asked for, print what was found; the exit status."""
    from gradcheck.report import ci, console, github

    junit = options.junit and ci.write_junit(finished.rows, options.junit)
    print(console.summary(finished.rows, report=finished.report, found=finished.found))
    if junit:
        print(printable(f"JUnit: {junit}"))
    if github.is_here():
        for line in ci.github_annotations(finished.rows):
            print(line)
        ci.github_summary(finished.rows)
    print(*finished.not_in_rows, sep="\n", end="\n" if finished.not_in_rows else "")
    return finished.status
