"""Working days: which days the offices work, and where a limit of some days ends."""
