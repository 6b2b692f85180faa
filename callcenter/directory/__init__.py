"""Handling units and how to reach them."""
