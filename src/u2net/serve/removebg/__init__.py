"""remove.bg's API, so that its clients go on when their base address is changed.

What it is comes from its own OpenAPI document, version 1.0.0.
"""
