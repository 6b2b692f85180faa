"""Sign of life of a role that listens on no port: a file in the run folder, touched once it is ready."""

from pathlib import Path

from callcenter.settings import Settings


def path(settings: Settings, role: str) -> Path:
    return settings.run_dir / f"{role}.alive"


def mark(settings: Settings, role: str) -> None:
    """Say that the role is ready to work."""
    file = path(settings, role)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def clear(settings: Settings, role: str) -> None:
    path(settings, role).unlink(missing_ok=True)


def is_marked(settings: Settings, role: str) -> bool:
    return path(settings, role).exists()
