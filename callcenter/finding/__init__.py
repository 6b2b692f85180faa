"""One box that finds tickets and calls."""
