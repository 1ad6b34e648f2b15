"""The local endpoint: the container's contract over HTTP, for development, with a page."""
