"""The 12345 hotline contact centre: one package per domain noun; see docs/architecture.md."""
