"""Reports in Chinese by day, week, month and year: text, tables and charts, on screen and as files."""
