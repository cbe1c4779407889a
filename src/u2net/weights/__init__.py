"""The networks' files: where they are and what they say of themselves."""
