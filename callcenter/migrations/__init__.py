"""Alembic migrations; every step runs on SQLite and PostgreSQL."""
