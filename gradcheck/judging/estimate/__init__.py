"""Judgement by estimates with a bound, where balls cannot follow."""
