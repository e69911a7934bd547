"""Points at which a function has no derivative, and what may be claimed there."""
