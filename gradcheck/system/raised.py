"""What the code of an op raises: as text, whatever it is, and never taken for an order to end."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from gradcheck.system.limits import TimeLimitError
from gradcheck.system.streams import OpenStreams

SIDE_EFFECT = "nothing, but "  # what an EscapeError begins with that was not raised by the op
LONGEST = 500  # characters of an exception's text that are shown

Method = TypeVar("Method", bound=Callable[..., Any])


class EscapeError(Exception):
    """An op raised what is no Exception (an exit, a BaseException of its own), or closed a standard stream.

    The message says what it raised: "nothing, but closed standard output".

    Code that survives whatever an op raises survives this.
    """


def contained(method: Method) -> Method:
    """A method that runs an op: it returns, or raises an Exception. A time limit and Ctrl-C pass.

    Closing a standard stream counts as leaving too: its messages might not be printed any more.
    """

    @functools.wraps(method)
    def call(*args: Any, **settings: Any) -> Any:
        streams = OpenStreams()
        try:
            found = method(*args, **settings)
        except TimeLimitError:
            raise
        except Exception as error:
            _refuse_closed(streams, error)
            raise
        except BaseException as error:
            if is_ctrl_c(error):
                raise
            raise EscapeError(described(error)) from error
        _refuse_closed(streams)
        return found

    return call  # type: ignore[return-value]  # it takes what the method takes


def _refuse_closed(streams: OpenStreams, cause: Exception | None = None) -> None:
    closed = streams.put_back()
    if closed:
        raise EscapeError(f"{SIDE_EFFECT}closed {' and '.join(closed)}") from cause


def is_ctrl_c(error: BaseException) -> bool:
    """Whether an exception may be the user's interruption, which only this thread of a program meets."""
    main = threading.current_thread() is threading.main_thread()
    return isinstance(error, KeyboardInterrupt) and main and not _apart


_apart = False


def apart_from_the_user() -> None:
    """Note that this process ignores Ctrl-C: a KeyboardInterrupt is an op's own."""
    global _apart
    _apart = True


def described(error: BaseException) -> str:
    """The kind of an exception and the first line of its text, as text that can be printed and stored.

    >>> described(ValueError("no")), described(SystemExit(0)), described(KeyError())
    ('ValueError: no', 'SystemExit: 0', 'KeyError')
    """
    kind, text = type(error).__name__, text_of(error)
    line = next(iter(text.strip().splitlines()), "")
    if isinstance(error, EscapeError):
        return line
    return f"{kind}: {line}" if line else kind


def text_of(error: BaseException) -> str:
    """The text of an exception. Its class is an op's: it may raise, return no text, or a great deal.

    >>> class Silent(Exception):
    ...     def __str__(self): raise SystemExit
    >>> print(text_of(Silent()), text_of(ValueError("\\ud800")), text_of(ValueError("a" * 10**6))[-29:])
    (its text cannot be had: SystemExit) \\ud800 a... (999500 more characters)
    """
    try:
        text = str(error)
    except BaseException as wrong:
        if is_ctrl_c(wrong):
            raise
        return f"(its text cannot be had: {type(wrong).__name__})"
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text) - LONGEST} more characters)"
    return cut.encode("utf-8", "backslashreplace").decode("utf-8")
