"""Folders of any file system, by address: named, listed, read, written."""
