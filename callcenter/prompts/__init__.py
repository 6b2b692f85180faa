"""What callers hear from the hotline itself: the texts of the prompts, and human recordings in their place."""
