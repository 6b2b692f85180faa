"""The ladder of supervision: what happens, and who is told, as a ticket's clocks run out and stay unmet."""
