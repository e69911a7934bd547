"""Who performs the tasks of a run, where, and for how long."""
