"""Opening files that others have named: plain ones only, and without waiting for anybody."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_plain(path: str) -> BinaryIO:
    """A regular file, open for reading; raises OSError for what is none (a pipe that nobody writes to, a device without an
    end), whose `strerror` says what it is, and ValueError for what cannot be a name."""
    handle = os.open(path, _FLAGS)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", path)
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is no plain file", path)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
