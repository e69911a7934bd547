"""Numbers with a proven error, as elements of NumPy's object arrays: balls, jets, and distances in ULPs."""
