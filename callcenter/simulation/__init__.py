"""A city that never was: calls, tickets and what becomes of them, made through the real services."""
