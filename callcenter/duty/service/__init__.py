"""What is done about shifts, leaders' calls and their instructions."""
