"""Rows taken by integers."""

import numpy as np

from dezero import Function


class Rows(Function):
    def forward(self, table, index):
        self.size = len(table)
        return table[index]

    def backward(self, gy):
        index = self.inputs[1].data
        return Spread(self.size)(gy, index), None


class Spread(Function):
    """The adjoint: rows added up where an index repeats."""

    def __init__(self, size=4):
        self.size = size

    def forward(self, rows, index):
        table = np.zeros((self.size, *rows.shape[index.ndim :]), rows.dtype)
        np.add.at(table, index, rows)
        return table

    def backward(self, gtable):
        index = self.inputs[1].data
        return Rows()(gtable, index), None


class WrongRows(Rows):
    """Where an index repeats, the last row wins."""

    def backward(self, gy):
        index = self.inputs[1].data
        return WrongSpread(self.size)(gy, index), None


class WrongSpread(Spread):
    def forward(self, rows, index):
        table = np.zeros((self.size, *rows.shape[index.ndim :]), rows.dtype)
        table[index] = rows
        return table
