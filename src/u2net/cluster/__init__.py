"""The same line on many machines: Ray Data takes names, its workers make the pictures."""
