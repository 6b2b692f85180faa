"""Live assist: what an operator sees while the caller speaks, and what they made of it."""
