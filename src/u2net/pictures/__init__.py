"""Bytes of a picture file <-> pixels."""
