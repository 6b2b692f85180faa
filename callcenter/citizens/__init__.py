"""Callers: who has called before, and the block list."""
