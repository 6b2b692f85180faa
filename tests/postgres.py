"""A private PostgreSQL server; initdb refuses root, so as root it runs under the package's own user."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """Made empty; can be stopped and started again with what it holds."""

    def __init__(self) -> None:
        binaries = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
        if binaries is None:
            pytest.fail("PostgreSQL is not installed: run `make test`, which sets it up")
        self._binaries, self.port = binaries, free_port()
        self.url = f"postgresql+psycopg://hotline@127.0.0.1:{self.port}/postgres"
        self._folder = Path(tempfile.mkdtemp(prefix="hotline-pg-"))
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_user:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "-D", self._data, "-U", "hotline", "-A", "trust", "-E", "UTF8", "-N")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Returns once it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-l", self._folder / "log", "-w", "-o", options, "start")
        for _ in range(100):
            try:
                with create_engine(self.url).connect() as connection:
                    connection.execute(text("SELECT 1"))
                    return
            except Exception:
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL does not answer")

    def stop(self) -> None:
        """At once, connections or not, as when the power goes."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop", check=False)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str | Path, check: bool = True) -> None:
        command = [*self._as_user, str(self._binaries / program), *map(str, arguments)]
        subprocess.run(command, check=check, stdout=subprocess.DEVNULL, cwd="/")
