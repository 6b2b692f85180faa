"""Tickets: what a citizen asked for, who handles it, by when, and everything that happened to it."""
