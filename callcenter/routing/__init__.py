"""From what the caller said to a decision with its reasons: kind, topic, urgency, outcome, units, place."""
