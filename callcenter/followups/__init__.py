"""Callback of handled tickets (回访): who is drawn, how they are reached, what they say, what follows from it."""
