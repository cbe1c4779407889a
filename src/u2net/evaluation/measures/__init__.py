"""One map and its truth -> figures."""
