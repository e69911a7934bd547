"""From what was measured of a case to evidence: by proof, by estimate, and what a verdict must allow for.

`examine` asks these modules in turn; none of them knows who called it. `scene` is what they look at.

- first, of f itself: `repeatability` (does it give the same), `distrust` (does it move as its jets do),
  `stopping` (does it stop at a tolerance), `reach` (does it leave the dtype's range)
- order by order, by proof: `orders`, `certified` (balls against jets), `locate`, `decoding` (which element),
  `digits` and `sensitivity` (how many are kept, and what rounding of the data causes), `forward` (values
  against the formula)
- by estimate: `estimated` asks the other oracles of the registry, `symbolic` and `finite_difference`;
  `comparison`, `differenced`; `rounding`, `shaken` and `exactness` for the rounding of a backward that does
  not run on balls
- at a kink: `kinks` (which elements), `around` and `claims` by jets, `nearby` and `slopes` by differences
- beside the point: `beside` (terms vanish)
- a function made of several: `parts`
- in words: `figures`
"""
