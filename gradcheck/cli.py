"""The command `gradcheck`.

Exit status: 0 when everything is as declared; 1 when a check failed, a declared gap now passes, a
function has no spec, or fewer cases ran than were declared; 2 for misuse; 130 when interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradcheck.errors import GradcheckError

BASELINE = Path("reports/baseline.jsonl")  # committed; from the folder where the command runs

# Commands import what they need when they run: `gradcheck report` needs neither dezero nor SymPy.


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (by default the process's own); the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = _parser().parse_args(arguments)
    options.command_line = shlex.join(["gradcheck", *arguments])
    try:
        status = options.run(options)
        sys.stdout.flush()
        return int(status)
    except (GradcheckError, OSError, _record_error()) as error:
        print(f"gradcheck: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gradcheck: interrupted", file=sys.stderr)
        return 130


def _record_error() -> type[Exception]:
    from gradcheck.records import RecordError

    return RecordError


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gradcheck",
        description="Compare derivatives with certified truth: dezero's own, or those of an op of yours.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add(
        commands, "run", _run, "measure every function of dezero and write the report", _run_options
    )
    _add(commands, "check", _check, "check an op of yours before merging it", _check_options)
    _add(
        commands, "list", _list, "every spec: what it covers, what is exempt and why", _list_options
    )
    _add(
        commands, "report", _report, "render records, of several machines together", _report_options
    )
    _add(
        commands, "compare", _compare, "what got less accurate, slower, lost or new", _compare_options
    )
    _add(
        commands, "mutate", _mutate, "plant bugs in dezero and count those found", _mutate_options
    )
    _add(
        commands,
        "study",
        _study,
        "studies of numerical differentiation, of Newton's method, of peers",
        _study_options,
    )
    _add(
        commands,
        "reproduce",
        _reproduce,
        "one case of the table again, verbosely",
        _reproduce_options,
    )
    return parser


def _add(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
    options: Callable[[argparse.ArgumentParser], None],
) -> None:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    options(parser)
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a positive integer, got {text!r}")
    return value


def _shape(text: str) -> tuple[int, ...]:
    if text in ("scalar", "()", ""):
        return ()
    parts = text.strip("()").replace(",", "x").strip("x").split("x")
    if not all(part.strip().isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"expected a shape such as 2x3 or scalar, got {text!r}")
    return tuple(int(part) for part in parts)


# run ------------------------------------------------------------------------------------------------


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--op", default="*", metavar="PATTERN", help="functions by name, e.g. 'tanh,soft*'"
    )
    parser.add_argument(
        "--order", type=_positive, metavar="N", help="highest order (default: each spec's)"
    )
    parser.add_argument("--device", choices=("cpu", "gpu", "all"), default="all")
    parser.add_argument("--profile", choices=("quick", "full"), default="quick")
    parser.add_argument(
        "-n", type=_positive, metavar="WORKERS", help="processes (default: all cores)"
    )
    parser.add_argument("--out", type=Path, default=Path("reports/latest"), metavar="DIR")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="for one case")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML, too")
    _baseline_option(parser)


def _baseline_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="RECORDS",
        help=f"the report says what changed since these (default: {BASELINE} where there is one)",
    )


def _baseline(options: argparse.Namespace) -> list[Any]:
    """The rows measured before, if there are any."""
    from gradcheck import records

    if options.baseline is not None:
        return records.read(options.baseline)
    return records.read(BASELINE) if BASELINE.is_file() else []


def _run(options: argparse.Namespace) -> int:
    from gradcheck import laboratory, session
    from gradcheck.recording import usable_cores
    from gradcheck.report import ci, console, summary

    devices, left_out = laboratory.devices(options.device)
    selection = laboratory.Selection(options.op, options.order, devices, options.profile)
    finished = session.run(
        selection,
        options.out,
        workers=options.n or usable_cores(),
        command=options.command_line,
        left_out=left_out,
        time_limit=options.time_limit,
        baseline=_baseline(options),
    )
    print(console.summary(finished.rows, report=finished.report))
    if options.junit is not None:
        print(f"JUnit: {ci.write_junit(finished.rows, options.junit)}")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        print(*ci.github_annotations(finished.rows), sep="\n")
    for name in finished.missing:
        print(f"NO SPEC  {name}: add a row to gradcheck/specs, or an exemption with its reason")
    status = summary.exit_status(summary.summarize(finished.rows))
    return status or int(bool(finished.missing or finished.lost))


# check ----------------------------------------------------------------------------------------------


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="FILE.py, FILE.py:NAME or MODULE:NAME: a Spec, a Function subclass or a function of Variables",
    )
    parser.add_argument(
        "--order", type=_positive, default=2, metavar="N", help="highest order (default: 2)"
    )
    parser.add_argument(
        "--shape",
        type=_shape,
        action="append",
        default=[],
        metavar="2x3",
        help="one for each input",
    )
    parser.add_argument(
        "--dtype",
        choices=("float64", "float32", "float16", "longdouble"),
        action="append",
        help="default: float64 and float32",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show what passes in full, too"
    )


def _check(options: argparse.Namespace) -> int:
    from gradcheck import targets
    from gradcheck.examine import examine

    dtypes = options.dtype or ["float64", "float32"]
    verdicts = []
    told: set[tuple[str, str | None]] = set()
    for target in targets.load(options.target):
        for case in targets.cases(target, options.shape, dtypes, options.order, options.seed):
            result = examine(case)
            verdicts.append(result.verdict)
            finding = result.verdict, result.diagnosis and result.diagnosis.partition(":")[0]
            full = options.verbose or (result.verdict != "pass" and finding not in told)
            print(str(result) if full else _brief(result))
            told.add(finding)
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts))
    print(f"{len(verdicts)} checks: {counts}")
    return int("fail" in verdicts)


def _brief(result: Any) -> str:
    """One line; the whole finding is told once for each likely cause."""
    cause = f" ({result.diagnosis.partition(':')[0]})" if result.diagnosis else ""
    return f"{result.verdict.upper()}  {result.title}: {result.reason}{cause}"


# list -----------------------------------------------------------------------------------------------


def _list_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--op", default="*", metavar="PATTERN", help="functions by name")


def _list(options: argparse.Namespace) -> int:
    from gradcheck import coverage, laboratory
    from gradcheck.specs import exemptions

    for spec in laboratory.select(options.op):
        variants = len(spec.variants)
        print(
            f"{spec.name:30} {spec.topic:16} orders 1-{spec.order}  "
            f"{variants} variant{'s' if variants > 1 else ' '}  covers {', '.join(spec.covers) or spec.name}"
        )
        if spec.note:
            print(f"{'':30} {spec.note}")
    if options.op == "*":
        for row in exemptions():
            print(f"exempt: {row.name:22} {row.reason}")
        for name in coverage.missing():
            print(f"NO SPEC: {name}")
    return 0


# report ---------------------------------------------------------------------------------------------


def _report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "records", nargs="+", type=Path, metavar="RECORDS", help="records.jsonl files"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    _baseline_option(parser)


def _report(options: argparse.Namespace) -> int:
    from gradcheck import records
    from gradcheck.report import console, html

    rows = records.merge([records.read(path) for path in options.records])
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "records.jsonl"
    with records.Writer(target) as writer:
        for each in rows:
            writer.write(each)
    page = html.write(rows, options.out, records_name=target.name, baseline=_baseline(options))
    print(console.summary(rows, report=page))
    return 0


# compare --------------------------------------------------------------------------------------------


def _compare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=Path, metavar="OLD", help="a records.jsonl file")
    parser.add_argument("new", type=Path, metavar="NEW", help="another, measured later")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page, too")
    parser.add_argument(
        "--margin",
        type=_ulps,
        default=1.0,
        metavar="ULP",
        help="how much further off an error may be (default: 1), beside half as much again",
    )


def _ulps(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of ULPs, 0 or more, got {text!r}")
    return value


def _compare(options: argparse.Namespace) -> int:
    from gradcheck import records
    from gradcheck.report import compare

    found = compare.compare(
        records.read(options.old), records.read(options.new), margin=options.margin
    )
    print(compare.text(found))
    if options.html:
        print(f"Page: {compare.write(found, options.html)}")
    return int(found.regressed)


# mutate ---------------------------------------------------------------------------------------------


def _mutate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "mutant",
        nargs="?",
        metavar="MUTANT",
        help="one again, verbosely, by its id: sign/Tanh/tanh/float64/cpu",
    )
    parser.add_argument("--op", default="*", metavar="PATTERN", help="functions by name")
    parser.add_argument("--order", type=_positive, metavar="N", help="of that one mutant")
    parser.add_argument("--quick", action="store_true", help="one variant of each function, float64")
    parser.add_argument(
        "-n", type=_positive, metavar="WORKERS", help="processes (default: all cores)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write records and a page there")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="for one mutant")


def _mutate(options: argparse.Namespace) -> int:
    if options.mutant:
        return _mutate_one(options)
    from gradcheck.mutation import campaign
    from gradcheck.recording import usable_cores
    from gradcheck.report import mutation

    finished = campaign.run(
        options.op,
        quick=options.quick,
        workers=options.n or usable_cores(),
        command=options.command_line,
        out=options.out,
        time_limit=options.time_limit,
    )
    print(mutation.text(finished.rows))
    for error in finished.errors:
        print(f"ERROR  {error}")
    return int(bool(finished.errors or mutation.matrix(finished.rows).bad))


def _mutate_one(options: argparse.Namespace) -> int:
    from gradcheck.mutation import experiment
    from gradcheck.report import mutation

    row, result = experiment.experiment(experiment.parse(options.mutant), options.order)
    print(f"{row['outcome'].upper()}  {row['mutant']} ({row['bug']}) in {row['function']}")
    print(result)
    return int(row["outcome"] in mutation.BAD)


# study ----------------------------------------------------------------------------------------------


def _study_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="which studies (default: all)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write records and pages there, too")


def _study(options: argparse.Namespace) -> int:
    from gradcheck import session
    from gradcheck.report import console

    rows, page = session.study(options.names, options.out, command=options.command_line)
    print(console.studies(rows))
    if page is not None:
        print(f"Report: {page}")
    return 0


# reproduce ------------------------------------------------------------------------------------------


def _reproduce_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "case", metavar="CASE", help="a case id, as in the report: tanh/float64/cpu"
    )
    parser.add_argument("--order", type=_positive, metavar="N")


def _reproduce(options: argparse.Namespace) -> int:
    from gradcheck import tasks

    case, result = tasks.reproduce(options.case, options.order)
    print(f"case {case.id}, seed {case.seed}, device {case.device}, process {os.getpid()}")
    for name, x in zip(case.names, case.inputs, strict=True):
        print(f"  {name} = {x.tolist()}  ({x.dtype})")
    print(result)
    return int(result.verdict == "fail")
