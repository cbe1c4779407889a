"""Data sets: which files belong together, how they are read, what is wrong with them."""
