"""Training (extra `[train]`): data in, a run folder out."""
