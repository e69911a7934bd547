"""Finite differences: stencils, steps chosen by an error model, bounds on what is wrong."""
