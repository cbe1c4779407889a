"""Requests over HTTP become pictures: the service, one idea a file. Needs the extra `serve`."""
