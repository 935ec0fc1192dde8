"""Writing a file so that an ended command leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType
from typing import BinaryIO

from .errors import cannot_write


@contextmanager
def atomic(path: str, size: int = 0) -> Iterator[BinaryIO]:
    """A file to write `path` through: it takes the place of `path` when the block ends without an exception.

    It stands in the same folder meanwhile, and is removed when the block fails. What is no regular file (`/dev/null`,
    a pipe) is written straight. `size` is how many bytes are to come, where known: too little space is then told
    before any work. Raises Rejected (`cannot-write`).
    """
    try:
        path_now = os.path.realpath(path)  # a link stays a link
        old = os.stat(path_now) if os.path.lexists(path_now) else None
        regular = old is None or stat.S_ISREG(old.st_mode)
        if old is not None and not os.access(path_now, os.W_OK):
            raise cannot_write(path, "it is read-only")
        folder = os.path.dirname(path_now)
        if not os.path.isdir(folder):
            raise cannot_write(path, f"there is no folder {os.path.dirname(path) or folder}")
        if regular:
            _space(path, folder, size)
            handle, temporary = tempfile.mkstemp(prefix=".deferinit-", suffix=".tmp", dir=folder)
        else:
            handle, temporary = os.open(path_now, os.O_WRONLY), ""
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from None
    try:
        with _removed_when_ended(temporary):
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                if regular:
                    os.fsync(file.fileno())
            if not regular:
                return
            os.chmod(temporary, stat.S_IMODE(old.st_mode) if old is not None else 0o666 & ~_umask())
            os.replace(temporary, path_now)
    except OSError as error:
        _remove(temporary)
        raise cannot_write(path, error) from None
    except BaseException:
        _remove(temporary)
        raise
    _sync(folder)


@contextmanager
def _removed_when_ended(temporary: str) -> Iterator[None]:
    """SIGTERM, as `timeout` and a cancelled CI job send it, ends a process as it is: the file that is not done goes first."""

    def end(number: int, _: FrameType | None) -> None:
        _remove(temporary)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    main = current_thread() is main_thread()  # others cannot take signals
    if not (temporary and main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL):
        yield
        return
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _space(path: str, folder: str, size: int) -> None:
    free = os.statvfs(folder) if size and hasattr(os, "statvfs") else None
    if free is not None and free.f_frsize and size > free.f_bavail * free.f_frsize:
        left = free.f_bavail * free.f_frsize
        raise cannot_write(path, f"it takes {size:,} bytes, and {left:,} are left on that disk")


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _remove(temporary: str) -> None:
    if temporary:
        with suppress(OSError):
            os.unlink(temporary)


def _sync(folder: str) -> None:
    """Make the new name itself lasting, where the system knows how."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
