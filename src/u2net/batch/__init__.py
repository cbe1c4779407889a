"""Many files in, many files out: what is read, where it goes, what became of it."""
