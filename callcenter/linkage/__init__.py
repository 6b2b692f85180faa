"""Hand-over slips between 12345 and 110, across the border of two networks."""
