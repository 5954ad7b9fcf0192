"""The log: JSON lines in the home, plain lines on stderr, and nothing of a patient in either.

Only the keys in `KEYS` get in, only with values that look like identifiers or numbers, and events are named
like ``claim_sent``. Everything else is dropped and counted under ``dropped``. Of an exception only the names
of the classes and the places in the code are kept, because its text may quote a page. What libraries log
passes the same way: who and where, not what.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import IO, Any

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

from bot.home import FILE_MODE, Home

#: All that may be logged. ``claim`` is our own number for it, never the patient account.
KEYS = frozenset(
    {
        "attempt",
        "claim",
        "count",
        "error",
        "event",
        "file_id",
        "kind",
        "level",
        "logger",
        "login",
        "payer",
        "port",
        "reason_code",
        "run",
        "seconds",
        "stage",
        "state",
        "status",
        "task",
        "timestamp",
        "worker",
    }
)
_EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# One word: a sentence that strays into a log is where names come in.
_VALUE = re.compile(r"[\w.:+-]{0,80}", re.ASCII)
_LOG_BYTES = 5_000_000
_LOG_FILES = 5
_FRAMES = 12

_ours = logging.getLogger("payerbot")
_ours.propagate = False
_ours.addHandler(logging.NullHandler())
_strict = False


class ForbiddenInLog(ValueError):
    """Something that may not be logged was; raised by a strict log only."""


def configure(home: Home, verbose: bool = False, *, strict: bool = False) -> None:
    """Log to this home and to stderr (warnings, or everything when `verbose`) from now on.

    A `strict` log, for tests, raises `ForbiddenInLog` for what it would drop. uvicorn must be started with
    ``log_config=None``, or it prints past this log.
    """
    global _strict
    close()
    _strict = strict
    file = _PrivateFile(home.log / "payerbot.jsonl")
    file.setFormatter(_formatter(structlog.processors.JSONRenderer()))
    stderr = _Stderr(logging.DEBUG if verbose else logging.WARNING)
    stderr.setFormatter(_formatter(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())))
    _ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    _ours.addHandler(file)
    _ours.addHandler(stderr)
    logging.getLogger().addHandler(_Libraries(logging.WARNING))


def close() -> None:
    """Stop logging and close the file."""
    for logger in (_ours, logging.getLogger()):
        for handler in list(logger.handlers):
            if isinstance(handler, _PrivateFile | _Stderr | _Libraries):
                logger.removeHandler(handler)
                handler.close()


def get() -> BoundLogger:
    """The log. ``get().info("claim_sent", stage="submit")``; before `configure` it goes nowhere."""
    logger: BoundLogger = structlog.wrap_logger(
        _ours,
        wrapper_class=BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _sift,
            ProcessorFormatter.wrap_for_formatter,
        ],
    )
    return logger


def bound(**keys: str | int) -> AbstractContextManager[None]:
    """Within it, every line of this task carries these keys too: ``with bound(run=7, payer="sunrise"):``."""
    return structlog.contextvars.bound_contextvars(**keys)


def _sift(_: object, __: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    error = _exception(said.pop("exc_info", None))
    kept = {key: value for key, value in said.items() if key in KEYS and _harmless(value)}
    if not (isinstance(said.get("event"), str) and _EVENT.fullmatch(said["event"])):
        kept["event"] = "unnamed"
    dropped = sorted(key for key, value in said.items() if kept.get(key) != value)
    if dropped and _strict:
        raise ForbiddenInLog(f"may not be logged: {', '.join(dropped)}")
    if dropped:
        kept["dropped"] = len(dropped)
    if error is not None:
        kept["error"] = type(error).__name__
        kept["where"] = _places(error.__traceback__)
        if cause := _cause(error):
            kept["cause"] = type(cause).__name__
    return kept


def _harmless(value: object) -> bool:
    if isinstance(value, str):
        return _VALUE.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)


def _exception(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def _cause(error: BaseException) -> BaseException | None:
    """The first error of the chain that led to this one."""
    seen = [error]
    while (deeper := seen[-1].__cause__ or seen[-1].__context__) and deeper not in seen:
        seen.append(deeper)
    return seen[-1] if len(seen) > 1 else None


def _places(traceback: TracebackType | None) -> list[str]:
    """Where it happened, innermost last: ``portal/browser.py:120 start``. Longer paths may name a person."""
    frames = [(frame.f_code, line) for frame, line in walk_tb(traceback)][-_FRAMES:]
    return [f"{'/'.join(Path(code.co_filename).parts[-2:])}:{line} {code.co_name}" for code, line in frames]


def _formatter(renderer: structlog.typing.Processor) -> ProcessorFormatter:
    return ProcessorFormatter(processors=[ProcessorFormatter.remove_processors_meta, renderer])


class _PrivateFile(RotatingFileHandler):
    """The log file, for its owner alone."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8", delay=True)

    def _open(self) -> IO[str]:  # type: ignore[override]  # typeshed wants the concrete class
        file = open(self.baseFilename, self.mode, encoding=self.encoding, opener=_open_private)  # noqa: SIM115
        os.chmod(self.baseFilename, FILE_MODE)
        return file


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


class _Stderr(logging.StreamHandler[IO[str]]):
    """Writes to whatever stderr is at that moment: tests and progress displays change it."""

    def __init__(self, level: int) -> None:
        logging.Handler.__init__(self, level)

    @property
    def stream(self) -> IO[str]:  # type: ignore[override]  # a property where the base has an attribute
        return sys.stderr


class _Libraries(logging.Handler):
    """Passes on who warned, and where an exception came from, but not in which words."""

    def emit(self, record: logging.LogRecord) -> None:
        get().log(record.levelno, "library_warned", logger=record.name, exc_info=record.exc_info)
