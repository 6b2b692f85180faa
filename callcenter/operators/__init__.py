"""Operators' seats: extension, queues, state (ready, break, wrap-up ...) and its history."""
