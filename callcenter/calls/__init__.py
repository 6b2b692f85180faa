"""Calls: what happened on the line, who spoke with whom and when, and what may be asked of the telephone system."""
