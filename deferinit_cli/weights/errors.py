"""What is wrong with a weights or data file, as exceptions that end in an exit code."""

from __future__ import annotations

from ..problems import Diagnostic, Rejected, Unusable


def corrupt(path: str, what: str) -> Unusable:
    """The file contradicts itself or its format. `what` continues `path: `."""
    return Unusable([Diagnostic("weights-corrupt", f"{path} is damaged: {what}")])


def unreadable(path: str, error: OSError | ValueError) -> Unusable:
    """The system does not give the file."""
    reason = getattr(error, "strerror", None) or str(error)
    return Unusable([Diagnostic("weights-unreadable", f"{path} cannot be read: {reason.lower()}")])


def format_error(path: str, what: str, help: str = "") -> Unusable:
    """The file may be sound, but is nothing that is read here."""
    return Unusable([Diagnostic("weights-format", f"{path} is not a weights file that can be read: {what}", help=help)])


def pickled(path: str, what: str) -> Unusable:
    """The file could only be read by running code it contains."""
    help = "convert it where you trust it, for instance with safetensors.torch.save_file(state_dict, path)"
    message = f"{path} is not read: {what}, and unpickling runs whatever code a file holds"
    return Unusable([Diagnostic("weights-pickle", message, help=help)])


def missing(path: str, name: str) -> Unusable:
    """The file is sound, but a tensor that is asked for is not in it."""
    return Unusable([Diagnostic("weights-missing", f"{path} has no tensor {quoted(name)}")])


def cannot_write(path: str, error: OSError | ValueError | str) -> Rejected:
    """The file could not be made; what stood there before still stands."""
    reason = error if isinstance(error, str) else (getattr(error, "strerror", None) or str(error)).lower()
    return Rejected([Diagnostic("cannot-write", f"{path} cannot be written: {reason}")])


def quoted(name: object) -> str:
    """A name out of a file, safe to print: short, and without control characters."""
    text = str(name)
    text = text if len(text) <= 80 else text[:77] + "..."
    return "'" + "".join(c if c.isprintable() else "?" for c in text) + "'"
