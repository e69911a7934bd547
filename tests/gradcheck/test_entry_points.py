"""Specs that other packages contribute by the entry point group `gradcheck.specs`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from gradcheck.cases import coverage, laboratory, table
from gradcheck.cases.from_spec import inputs_of
from gradcheck.cases.key import Key, find
from gradcheck.cli import main
from gradcheck.errors import SpecError
from gradcheck.records import jsonl
from gradcheck.running import campaign
from gradcheck.specs import specs

ROOT = Path(__file__).resolve().parent.parent.parent

SPECS = """
import numpy as np
import dezero.functions as F
from dezero import Function
from gradcheck.specs import Arg, Convention, Gap, Spec, Sweep, Variant


class Softsign(Function):
    def forward(self, x):
        return x / (1 + abs(x))

    def backward(self, gy):
        (x,) = self.inputs
        return gy / (1 + F.abs(x)) ** 2


SOFTSIGN = Spec(
    "softsign", "activation", lambda x: Softsign()(x), (Arg("x", avoid=(0.0,)),),
    lambda m, x: x / (1 + abs(x)), variants=(Variant(), Variant(shapes=((),))),
    order=2, sweep=Sweep(0.1, 50.0),
    conventions=(Convention((np.zeros(2),), (np.ones(2),), "at 0 the slope is 1"),),
)
MORE = [Spec("double", "double", lambda x: x + x, (Arg("x"),), None, order=1), SOFTSIGN]
_HIDDEN = Spec("hidden", "x", F.tanh, (Arg("x"),), None)
"""


def package(folder: Path, name: str, points: Mapping[str, str]) -> None:
    """The metadata of an installed distribution with these entry points."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{entry} = {value}" for entry, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[gradcheck.specs]", *lines, ""]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages that this process, and its workers, see."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "own_ops_specs.py").write_text(SPECS)
    monkeypatch.chdir(tmp_path)  # no baseline lies there
    monkeypatch.delenv(table.OFF)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(ROOT), *sys.path[1:]]))
    table.contributed.cache_clear()
    yield site
    table.contributed.cache_clear()
    for name in ("own_ops_specs", "other_specs"):
        sys.modules.pop(name, None)


def guests() -> set[str]:
    """The specs that come from packages of the folder; others may be installed, too."""
    return {name for name in table.contributed().specs if name.startswith(("own-ops.", "other."))}


def test_the_tests_see_dezeros_table_alone() -> None:
    assert table.contributed() == table.Contributed({})
    assert len(table.matching("*")) == len(specs())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("own_ops_specs", {"own-ops.softsign", "own-ops.double"}),
        ("own_ops_specs:SOFTSIGN", {"own-ops.softsign"}),
        ("own_ops_specs:MORE", {"own-ops.softsign", "own-ops.double"}),
    ],
)
def test_a_module_a_spec_or_a_list(site: Path, value: str, found: set[str]) -> None:
    package(site, "own-ops", {"ops": value})
    assert guests() == found
    assert not table.broken("own-ops.*")
    topics = {spec.name: spec.topic for spec in table.matching("own-ops.*")}
    assert topics["own-ops.softsign"] == "own-ops: activation"


def test_a_spec_is_measured_where_check_measures_it(site: Path) -> None:
    package(site, "own-ops", {"ops": "own_ops_specs"})
    there = table.spec_of("own-ops.softsign")
    own = sys.modules["own_ops_specs"].SOFTSIGN
    (x,) = inputs_of(there, Key(there.name))
    assert (x == inputs_of(own, Key("softsign"))[0]).all()


def test_patterns_know_the_name_with_and_without_the_package(site: Path) -> None:
    package(site, "own-ops", {"ops": "own_ops_specs"})
    for pattern in ("own-ops.softsign", "own-ops.soft*", "softsign"):
        assert [spec.name for spec in table.matching(pattern)] == ["own-ops.softsign"]
    assert {spec.name for spec in table.matching("own-ops.*")} == {"own-ops.softsign", "own-ops.double"}
    assert [spec.name for spec in table.matching("tanh")] == ["tanh"]
    assert guests() < {spec.name for spec in table.matching("*")}
    assert find("own-ops.softsign:0d/float64/cpu").spec == "own-ops.softsign"
    with pytest.raises(SpecError, match=r"those of own-ops.softsign are own-ops.softsign/float64/cpu"):
        find("own-ops.softsign:9x9/float64/cpu")


def test_what_dezero_must_cover_and_mutate_stays(site: Path) -> None:
    before = coverage.missing(), coverage.covered()
    package(site, "own-ops", {"ops": "own_ops_specs"})
    assert guests()
    assert (coverage.missing(), coverage.covered()) == before
    assert {find(plan.case).spec for plan in campaign.plans("tanh,own-ops.*", quick=True)} == {"tanh"}


def test_list_names_the_package(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package(site, "own-ops", {"ops": "own_ops_specs"})
    assert main(["list", "--op", "own-ops.*"]) == 0
    out = capsys.readouterr().out
    assert out.count("contributed by own-ops") == 2
    assert "hidden" not in out


def test_a_run_measures_them_in_workers_and_reports_them(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package(site, "own-ops", {"ops": "own_ops_specs"})
    out = tmp_path / "report"
    assert main(["run", "--op", "own-ops.*", "--device", "cpu", "-n", "2", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "of 2 functions" in printed
    cases = [row for row in jsonl.read(out / "records.jsonl") if row["kind"] == "case"]
    assert {row["op"] for row in cases} == {"own-ops.softsign", "own-ops.double"}
    assert {row["topic"] for row in cases} == {"own-ops: activation", "own-ops: double"}
    assert {row["verdict"] for row in cases} == {"pass"}
    assert any("softsign:kink0" in row["case"] for row in cases)
    pages = [page.read_text(encoding="utf-8") for page in (out / "functions").iterdir()]
    assert sum("own-ops: activation" in page for page in pages) == 1
    assert str(site) not in (out / "records.jsonl").read_text(encoding="utf-8")
    assert main(["reproduce", "own-ops.softsign:0d/float32/cpu"]) == 0
    assert "PASS  own-ops.softsign" in capsys.readouterr().out
    assert main(["reproduce", "own-ops.softsign:kink0/float64/cpu"]) == 0


BROKEN = {
    "missing": ("no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "attribute": ("own_ops_specs:NOTHING", "AttributeError: module 'own_ops_specs' has no attribute"),
    "number": ("math:pi", "expected a Spec, a list of Specs or a module that has some, got an object of"),
    "empty": ("math", "got the module math, which has none"),
    "raising": ("other_specs", "RuntimeError: boom"),
}  # fmt: skip


def broken_packages(site: Path, kinds: Iterable[str]) -> list[str]:
    """A package with such entry points beside one that is right; how each line about one begins."""
    (site / "other_specs.py").write_text("raise RuntimeError('boom')\n")
    package(site, "other", {kind: BROKEN[kind][0] for kind in kinds})
    package(site, "own-ops", {"ops": "own_ops_specs:SOFTSIGN"})
    return [f"other, entry point {kind} = {BROKEN[kind][0]}: " for kind in kinds]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_entry_point_is_a_line(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    [line] = broken_packages(site, [kind])
    assert main(["list", "--op", "*.*"]) == 0
    assert f"BROKEN: {line}" in capsys.readouterr().out
    assert main(["run", "--op", "other.x", "--out", str(tmp_path)]) == 2
    assert f"{line}" in capsys.readouterr().err


def test_of_broken_entry_points_each_is_a_line_and_the_rest_is_measured(
    site: Path, here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = broken_packages(site, BROKEN)
    arguments = ["--order", "1", "--device", "cpu", "-n", "1", "--out", str(tmp_path)]
    assert main(["run", "--op", "other.*,tanh", *arguments]) == 1
    out = capsys.readouterr().out.splitlines()
    for line, (_, why) in zip(lines, BROKEN.values(), strict=True):
        [said] = [each for each in out if f"BROKEN  {line}" in each]
        assert why in said
    assert any("of 1 function: " in each for each in out)
    assert main(["run", "--op", "tanh", *arguments]) == 0
    assert "BROKEN" not in capsys.readouterr().out


def test_an_exit_while_a_package_is_loaded_is_no_exit(site: Path) -> None:
    (site / "other_specs.py").write_text("import sys\nsys.exit(0)\n")
    package(site, "other", {"specs": "other_specs"})
    assert [str(each) for each in table.broken("other.*")] == [
        "other, entry point specs = other_specs: SystemExit: 0"
    ]


def test_a_spec_that_does_not_fit_is_named(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "other_specs.py").write_text(
        "from dezero.functions import tanh\n"
        "from gradcheck.specs import Arg, Spec\n"
        "bad = Spec('bad', 'x', tanh, (Arg('x', low=2.0, domain=(0.0, 1.0)),), None)\n"
    )
    package(site, "other", {"specs": "other_specs"})
    (found,) = table.broken("other.*")
    assert found.why == "Arg 'x': low: expected a number inside of the domain (0.0, 1.0), got 2.0"


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        ("lambda pick: 1 / 0", "ZeroDivisionError"),
        ("lambda pick: 3", "recipe: expected one that gives a Variant, got 3"),
    ],
)
def test_a_recipe_that_raises_is_named(site: Path, recipe: str, why: str) -> None:
    (site / "other_specs.py").write_text(
        "from dezero.functions import tanh\n"
        "from gradcheck.specs import Arg, Spec\n"
        f"bad = Spec('bad', 'x', tanh, (Arg('x'),), None, recipe={recipe})\n"
    )
    package(site, "other", {"specs": "other_specs"})
    (found,) = table.broken("other.*")
    assert why in found.why


def test_a_display_that_does_not_fit_stops_no_run(
    site: Path, here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "other_specs.py").write_text(
        "import dezero.functions as F\n"
        "from gradcheck.specs import Arg, Spec\n"
        "bad = Spec('bad', 'x', F.sum, (Arg('x'),), lambda m, x: m.sum(x), display=((),), order=1)\n"
    )
    package(site, "other", {"specs": "other_specs"})
    arguments = ["--order", "1", "--device", "cpu", "-n", "1", "--out", str(tmp_path)]
    assert main(["run", "--op", "tanh,other.*", *arguments]) == 1
    out = capsys.readouterr().out
    assert "BROKEN  spec other.bad: display: expected a shape with axes" in out
    assert "of 2 functions" in out


def test_one_name_for_two_specs_is_refused_with_both_places(site: Path) -> None:
    (site / "other_specs.py").write_text(
        "from dezero.functions import tanh\n"
        "from gradcheck.specs import Arg, Spec\n"
        "again = Spec('softsign', 'x', tanh, (Arg('x'),), None)\n"
    )
    package(site, "own-ops", {"ops": "own_ops_specs:SOFTSIGN", "again": "other_specs"})
    (found,) = table.broken("own-ops.*")
    assert str(found) == (
        "own-ops, entry point ops = own_ops_specs:SOFTSIGN: the name softsign stands for two specs, "
        "one of them in entry point again = other_specs"
    )
    assert guests() == {"own-ops.softsign"}


def test_the_same_spec_by_two_entry_points_is_one(site: Path) -> None:
    package(site, "own-ops", {"ops": "own_ops_specs", "again": "own_ops_specs:SOFTSIGN"})
    assert not table.broken("own-ops.*")
    assert guests() == {"own-ops.softsign", "own-ops.double"}


def test_two_packages_may_use_one_name(site: Path) -> None:
    package(site, "own-ops", {"ops": "own_ops_specs:SOFTSIGN"})
    package(site, "other", {"ops": "own_ops_specs:SOFTSIGN"})
    assert guests() == {"own-ops.softsign", "other.softsign"}
    assert len({key.id for key in laboratory.contiguous("*.softsign")}) == 6


def test_another_process_finds_them(site: Path) -> None:
    package(site, "own-ops", {"ops": "own_ops_specs"})
    code = "from gradcheck.cases import table; print(table.spec_of('own-ops.double').own_name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "double"
