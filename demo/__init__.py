"""`make demo`: real calls through the real hotline, each step verified from outside."""
