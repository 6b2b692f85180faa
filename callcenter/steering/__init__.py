"""A supervisor steers the shift: seats, messages, help without a word heard, incident banners."""
