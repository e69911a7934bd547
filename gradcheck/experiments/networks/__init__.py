"""Network-level checks: whole networks, differentiated by every parameter, twice.

Each network is a loss as a function of its parameters. `checks` compares backprop with differences,
as gradient checking was taught, and has jets certify the same derivatives; `curvature` looks at the
Hessian. `table` lists them all.
"""

from gradcheck.experiments.networks.checks import network_rows
from gradcheck.experiments.networks.network import Loss, Network, Problem
from gradcheck.experiments.networks.table import NETWORKS

__all__ = ["NETWORKS", "Loss", "Network", "Problem", "network_rows"]
