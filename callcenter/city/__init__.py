"""The city's tables as people edit them: rows with columns, changes, history."""
