"""What a subject gives at a point: its gradients in floats and in balls.

point         where a subject is differentiated: inputs, cotangents and direction
probes        random cotangents, directions and probes, from a seed
measure       values and gradients at one point, in floats and in balls (`balls`)
work          how much there is to do for a proof
dtype_range   whether intermediate numbers leave the range of a dtype
"""
