"""What a call of check_gradients does not say, the nearest marker says, else an option."""

from __future__ import annotations

import pytest

from gradcheck.running import forked
from tests.gradcheck.plugin_runs import run_here

pytest_plugins = ["pytester"]

TESTS = """
import numpy as np
import pytest
import dezero.functions as F

pytestmark = pytest.mark.gradcheck(seed=5)

@pytest.fixture(scope="module")
def made(check_gradients):
    return lambda **settings: max(row.order for row in check_gradients(F.exp, 1.0, **settings).evidence)

def test_option(made):
    assert made() == 3

@pytest.mark.gradcheck(order=2)
class TestClass:
    def test_class(self, made):
        assert made() == 2

    @pytest.mark.gradcheck(order=1, device="cpu", time_limit=60)
    def test_nearest(self, made):
        assert made() == 1

    def test_call(self, made):
        assert made(order=4) == 4
        with pytest.raises(ValueError, match="order must be an integer of at least 1, got 0"):
            made(order=0)
"""


def test_a_call_then_the_nearest_marker_then_the_option(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    result = run_here(pytester, "--strict-markers", "--gradcheck-order", "3")
    result.assert_outcomes(passed=4)


def test_without_any_of_them_the_order_is_one_and_a_seed_is_heard(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import numpy as np
        import pytest
        import dezero.functions as F
        from gradcheck import checking

        @pytest.mark.parametrize(("given", "seed"), [({}, 7), ({"seed": 1}, 1)])
        @pytest.mark.gradcheck(seed=7)
        def test_it(check_gradients, monkeypatch, given, seed):
            cases, real = [], checking.examined
            monkeypatch.setattr(checking, "examined", lambda *args: cases.append(args[0]) or real(*args))
            check_gradients(F.exp, 1.0, **given)
            assert [(case.order, case.seed) for case in cases] == [(1, seed)]
    """)
    run_here(pytester).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("oder=2", "there is no setting 'oder'; expected order, seed"),
        ("2", "settings have names, such as order=2; got 2"),
        ("order=0", "order must be an integer of at least 1, got 0"),
        ("seed=True", "seed must be an integer of at least 0, got True"),
        ("time_limit=0", "time_limit must be a positive number of seconds, got 0"),
        ("device='tpu'", "device must be 'cpu' or 'gpu', got 'tpu'"),
    ],
)
def test_a_marker_that_makes_no_sense_names_its_test(
    marker: str, said: str, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(
        test_it=f"import pytest\n@pytest.mark.gradcheck({marker})\ndef test_one(): ...\ndef test_two(): ..."
    )
    result = run_here(pytester)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*test_it.py::test_one: @pytest.mark.gradcheck: {said}*"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--gradcheck-order", "0"], "--gradcheck-order: expected an integer of at least 1, got '0'"),
        (["--gradcheck-order", "two"], "--gradcheck-order: expected an integer of at least 1, got 'two'"),
        (["--gradcheck-device", "tpu"], "--gradcheck-device: expected cpu or gpu, got 'tpu'"),
    ],
)
def test_wrong_options_are_one_line(options: list[str], said: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): ...")
    result = run_here(pytester, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.stderr.lines if line] == [f"ERROR: {said}"]


@pytest.mark.skipif(not forked.can_fork(), reason="this system does not fork")
def test_what_hangs_fails_in_time_and_the_session_goes_on(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import ctypes
        import gradcheck
        import pytest
        import dezero.functions as F
        from gradcheck.specs import Arg, Spec

        pytestmark = pytest.mark.gradcheck(time_limit=1)

        def hangs(x):
            ctypes.PyDLL(None).sleep(600)

        def test_marked(check_gradients):
            check_gradients(hangs, 1.0)

        def test_asked(check_gradients):
            check_gradients(F.exp, 1.0, time_limit=60)

        test_spec = gradcheck.spec_test(Spec("spec", "mine", hangs, (Arg("x"),), None, note="none"))
        """
    )
    result = run_here(pytester)
    result.assert_outcomes(passed=1, failed=3)
    failures = result.stdout.str().partition("short test summary")[0]  # which, in CI, has it once more
    assert failures.count("not finished within 1 s, and its process was ended") == 3
