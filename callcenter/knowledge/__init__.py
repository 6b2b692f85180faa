"""Knowledge base: entries with review and upkeep, notices, and the search over both."""
