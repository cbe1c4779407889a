"""Folders -> the samples of a run."""
