"""From what was measured of a case to evidence: by proof, by estimate, and what a verdict must allow for.

`examine` asks these modules in turn; none of them knows who called it. `scene` is what they look at.

- by proof: `certified` (balls against jets), `locate` (which element), `sensitivity` (what rounding of the
  data causes), `forward` (values against the formula)
- by estimate: `estimated`, `comparison`, `by_differences`, `differenced`; `rounding`, `shaken` and
  `exactness` for the rounding of a backward that does not run on balls
- points that are not like others: `kinks`, `slopes` and `around` (what may be claimed at a kink), `reach`
  (beyond the dtype's range), `beside` (terms vanish)
- a function made of several: `parts`
"""
