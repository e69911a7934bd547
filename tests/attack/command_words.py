"""The words that command lines are made of: what each command takes, and what none does."""

from __future__ import annotations

from typing import NamedTuple

OPS = """\
from dezero import Function
import dezero.functions as F

class Double(Function):
    def forward(self, x):
        return 2 * x
    def backward(self, gy):
        return 2 * gy

class Wrong(Function):
    def forward(self, x):
        return x * x
    def backward(self, gy):
        return gy

def third(x):
    return x / 3

def raises(x):
    raise RuntimeError("\\x1b]0;title\\x07 \\x9b31m \\u202e")

def leaves(x):
    raise SystemExit(0)

def two(x, y):
    return F.sum(x * y)
"""

STRANGE = (
    "", "-", "--", "-x", "--nope", "=", "\x1b[31m", "\u202ea", "a\nb", "\udcff", "9" * 5000, "-1", "0", "nan",
    "inf", "1e999", "[", "[!", "a,b", ",", "'", '"', "%s", "{0}", "/", ".", "..", "~", "x" * 300, "None",
    "\x07", "²", "1_0",
)  # fmt: skip
RECORDS = (
    "good.jsonl", "good.jsonl.gz", "link.jsonl", "other.jsonl", "damaged.jsonl", "empty.jsonl", "dir", "none",
)  # fmt: skip
PATTERNS = ("neg", "ne?", "neg,neg", "nothing")
SMALL = "--op=neg"  # what all of the table would take minutes for


class Words(NamedTuple):
    """What a command takes: positional words and options, each with values that suit it (None: a flag)."""

    positional: tuple[tuple[str, ...], ...] = ()
    options: dict[str, tuple[str, ...] | None] = {}  # noqa: RUF012  # no one writes to it
    needed: tuple[str, ...] = ()  # without these it would do too much


DEVICES = ("cpu", "cpu", "gpu", "all")
FOLDERS = ("out", "out/deep", "out", "good.jsonl", "dir")
COMMANDS = {
    "run": Words(
        options={
            "--op": PATTERNS, "--order": ("1", "2"), "--device": DEVICES, "--profile": ("quick",),
            "-n": ("1", "2"), "--out": FOLDERS, "--time-limit": ("60", "0.001"),
            "--junit": ("junit.xml", "dir", "good.jsonl"),
            "--baseline": RECORDS,
        },
        needed=(SMALL,),
    ),
    "check": Words(
        positional=(
            ("ops.py", "ops.py:Double", "ops.py:Wrong", "ops.py:third", "ops.py:raises", "ops.py:leaves",
             "ops.py:two", "ops.py:nothing", "ops.py:Double@1", "ops.py:third@2-900", "broken.py",
             "none.py", "dezero.functions:tanh", "nothing:x",
             "dir", "good.jsonl"),
        ),
        options={
            "--order": ("1", "2"), "--shape": ("3", "2x3", "scalar", "4:int", "2x3:bool"),
            "--seed": ("0", "7"), "--dtype": ("float64", "float32", "float16", "longdouble"),
            "--device": DEVICES, "-v": None, "--json": None, "--out": FOLDERS,
            "--junit": ("junit.xml", "dir", "good.jsonl"),
            "--values": ("1,0,2", "0.5", "-1.5,2", "[[1,2],[3]]", "none.npz", "good.jsonl"),
            "--range": ("-1:1", "1:0", "x=0:1"),
            "--domain": ("0:1", "simplex", "x=nonzero", "positive-definite"),
            "--symmetric": None, "--draw": ("ordinary", "ties", "near-edges"),
            "--set": ("axis=1", "axis=", "shape=(2,3)", "mode=same", "x=__"),
        },
    ),
    "list": Words(options={"--op": (*PATTERNS, "*", "soft*")}),
    "report": Words(positional=(RECORDS, RECORDS), options={"--out": FOLDERS, "--baseline": RECORDS}),
    "compare": Words(
        positional=(RECORDS, RECORDS),
        options={"--html": ("page.html", "dir", *RECORDS), "--margin": ("0", "1", "2.5")},
    ),
    "reproduce": Words(
        positional=(
            ("neg/float64/cpu", "neg/float32/cpu", "neg/float64/gpu", "neg", "neg/float64", "no/float64/cpu"),
        ),
        options={"--order": ("1", "2")},
    ),
    "mutate": Words(
        positional=(
            ("sign/Neg/neg/float64/cpu", "control/Neg/neg/float64/cpu", "nothing", "sign/No/neg/float64/cpu"),
        ),
        options={
            "--op": PATTERNS, "--order": ("1",), "--quick": None, "-n": ("1",), "--time-limit": ("60",),
        },
        needed=(SMALL,),
    ),
    "study": Words(positional=(("higher-order", "judgements", "nothing"),), options={"--out": FOLDERS}),
}  # fmt: skip
