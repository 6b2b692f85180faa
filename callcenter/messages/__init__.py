"""What the hotline tells units and its own people: rows that go out through channels, and their receipts."""
