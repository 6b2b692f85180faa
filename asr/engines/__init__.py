"""The recognisers: one file each, imported only when chosen."""
