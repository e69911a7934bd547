"""Points at which a function has no derivative, and what may be claimed there.

elements               which elements are on a kink, and which remain to be judged
rays, claims_by_jets   gradients around the point by jets; whether backward's claim is made of them
slopes, claims_by_differences   the same by differences
"""
