"""Results -> tables, curves, pages."""
