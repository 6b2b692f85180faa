"""Structured logs: one line per event, personal data masked, JSON in production."""

import logging
import sys

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from callcenter.core.masking import masking_processor


def configure(role: str, *, json: bool = False) -> None:
    """Set up logging for this process, libraries included; `role` is stamped on every line."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    stamped: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*stamped, masking_processor, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    _capture_libraries([*stamped, ProcessorFormatter.remove_processors_meta, masking_processor, renderer])


def _capture_libraries(processors: list[Processor]) -> None:
    # Web server, job engine and scheduler log by `logging`: their tracebacks may hold numbers too.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ProcessorFormatter(processors=processors))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Logger that names the module it is used in."""
    return structlog.get_logger(module=name)
