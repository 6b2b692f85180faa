"""Where things lie: the checkout, the run-time state and the cache that outlives a checkout."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """Folders of one set-up."""

    root: Path
    data: Path
    cache: Path

    @classmethod
    def of_environment(cls, root: Path) -> Places:
        """The folders the environment asks for; `CALLCENTER_DATA_DIR` as the program itself reads it."""
        cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(
            root=root,
            data=root / os.environ.get("CALLCENTER_DATA_DIR", "var"),
            cache=cache_home / "callcenter-12345",
        )

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def downloads(self) -> Path:
        return self.cache / "downloads"

    @property
    def asterisk_root(self) -> Path:
        return self.data / "asterisk" / "root"

    @property
    def log(self) -> Path:
        return self.data / "log" / "setup.log"
