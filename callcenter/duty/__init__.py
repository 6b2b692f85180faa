"""Who is on duty when: leaders' shifts and calls, office staff, operators' roster and forecast, missed callers."""
