"""Brings a database to the current version of its tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from callcenter.core import db
from callcenter.core.errors import Unavailable


def alembic_config(engine: Engine) -> Config:
    """Alembic's settings, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    return config


def upgrade(url: str) -> None:
    """Run all migrations that the database has not seen."""
    engine = db.make_engine(url)
    try:
        command.upgrade(alembic_config(engine), "head")
    except OperationalError as error:
        raise Unavailable(
            f"无法连接数据库，升级没有执行（{type(error.orig).__name__}）。请检查数据库服务和 CALLCENTER_DATABASE_URL。"
        ) from error
    finally:
        engine.dispose()
