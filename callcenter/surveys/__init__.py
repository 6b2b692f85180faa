"""Satisfaction survey at the end of a call: two questions answered by key, and the figures made of them."""
