"""Imports every model, so that `Base.metadata` is whole for migrations and tests."""

import importlib.util
import pkgutil

import callcenter
from callcenter.core import audit, touched  # noqa: F401  (their tables)


def load_models() -> None:
    """Import each `callcenter.<domain>.models`."""
    for package in pkgutil.iter_modules(callcenter.__path__):
        if package.ispkg:
            name = f"callcenter.{package.name}.models"
            if importlib.util.find_spec(name):
                importlib.import_module(name)
