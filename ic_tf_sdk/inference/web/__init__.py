"""A model to carry away: a folder of static files that answers in a browser."""
