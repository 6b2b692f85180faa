"""Who is on duty when: leaders' shifts and their calls, office staff, operators' roster and forecast, missed callers."""
