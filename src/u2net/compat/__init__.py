"""The pixels of other tools from the same weights, and rembg's functions by their names."""
