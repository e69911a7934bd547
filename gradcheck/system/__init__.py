"""What a machine gives: float formats, whole files, signals, streams, time limits, texts fit to be shown."""
