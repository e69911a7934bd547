"""Studies: what is measured beside verdicts, to be looked at."""
