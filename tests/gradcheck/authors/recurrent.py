"""A step of a recurrent cell: three inputs and two outputs."""

import dezero.functions as F
from dezero import Variable


def gru_cell(x, h, w):
    joined = F.matmul(x, w) + h
    keep = F.sigmoid(joined)
    candidate = F.tanh(joined - h * 0.5)
    return keep * h + (1 - keep) * candidate, keep


def wrong_gru_cell(x, h, w):
    joined = F.matmul(x, w) + h
    keep = F.sigmoid(Variable(joined.data))
    candidate = F.tanh(joined - h * 0.5)
    return keep * h + (1 - keep) * candidate, keep
