"""What the line reports, written into the call: one function for each kind of fact, safe to repeat."""
