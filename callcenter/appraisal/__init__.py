"""Appraisal of units: several schemes over the same figures, targets signed by both sides, objections and rulings."""
