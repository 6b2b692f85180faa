"""Structured logs: one line per event, personal data masked, JSON in production."""

import logging
import sys

import structlog

from callcenter.core.masking import masking_processor


def configure(role: str, *, json: bool = False) -> None:
    """Set up logging for this process; `role` is stamped on every line."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masking_processor,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Logger that names the module it is used in."""
    return structlog.get_logger(module=name)  # type: ignore[no-any-return]
