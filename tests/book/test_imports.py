"""What the book's programs import, as they import it."""

import subprocess
import sys

import pytest

import dezero

PROGRAM_HEADS = [
    "from dezero import Variable, Parameter, Function, as_variable, as_array",
    "from dezero import using_config, no_grad, test_mode, Config",
    "from dezero.core_simple import Variable, Function, using_config, no_grad, as_array",
    "from dezero.core_simple import as_variable, setup_variable",
    "from dezero.core import Parameter",
    "from dezero.utils import plot_dot_graph, get_dot_graph, numerical_grad, gradient_check",
    "from dezero import Layer, Model, Dataset, DataLoader, SeqDataLoader",
    "from dezero import optimizers, transforms, datasets, layers, models, utils, functions_conv",
    "from dezero.models import MLP, VGG16, ResNet50, SqueezeNet, Sequential",
    "from dezero.dataloaders import DataLoader, SeqDataLoader",
    "from dezero.transforms import Compose, Flatten, ToFloat, Normalize",
    "import dezero; dezero.datasets.get_spiral(train=True)",
    "import dezero; dezero.optimizers.Adam(); dezero.layers.Linear(1); dezero.utils.get_file",
    "import dezero; dezero.cuda.gpu_enable; dezero.no_grad(); dezero.functions_conv.conv2d",
    "import dezero.functions as F; import dezero.layers as L; L.Linear(2); F.relu",
    "from dezero import *; Model, DataLoader",
]


# Each head in a copy of a process that has imported NumPy, and nothing of dezero.
COPIES = """
import os, sys
import numpy
for head in sys.argv[1:]:
    copy = os.fork()
    if not copy:
        exec(head)
        os._exit(0)
    if os.waitpid(copy, 0)[1]:
        sys.exit(head)
"""


def test_the_heads_of_the_books_programs_each_in_a_fresh_process():
    command = [sys.executable, "-c", COPIES, *PROGRAM_HEADS]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_modules_that_few_programs_need_load_late():
    code = "import sys, dezero; print([m for m in ('models', 'datasets') if 'dezero.' + m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_each_public_name_is_there():
    for name in dezero.__all__:
        assert getattr(dezero, name) is not None


def test_the_packages_names_are_those_of_its_core():
    for name in ("Variable", "Parameter", "Function", "Config", "using_config", "no_grad", "test_mode",
                 "as_array", "as_variable"):  # fmt: skip
        assert getattr(dezero, name) is getattr(dezero.core, name)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'dezero' has no attribute 'nonsense'"):
        dezero.nonsense  # noqa: B018  # asking is the test
