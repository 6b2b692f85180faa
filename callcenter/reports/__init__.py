"""Figures over all domains, read-only: what the control room watches, each traceable to its calls and tickets."""
