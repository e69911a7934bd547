"""From a spec, or from a call, to a case: one function at one point.

case         a Case: all that is needed to examine one function at one point again
from_spec    makes it of a spec; `calls` of a call of `gradcheck.check`
key          the names of cases, and what their specs declare of them
variants     the variants of a spec, declared and drawn; `covering`: few that contain every pair of values
sampling     inputs, drawn from a domain by a seed; `inputs`: those of `gradcheck check`
laboratory   which cases of the table a profile holds, and what it leaves out
coverage     whether every function and layer of dezero has a row in the table
display      whether the shapes on which a formula is shown fit
"""
