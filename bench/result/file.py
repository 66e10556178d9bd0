"""Result files: written whole or not at all, read without trusting them."""

from __future__ import annotations

import codecs
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from ...kernels.errors import InputError
from ...kernels.system.own_files import NotAFile, read_regular, write_atomically
from ..interrupts import Deferred
from . import version1
from .model import SCHEMA_VERSION, Result
from .printable import printable
from .twice import refuse_names_twice
from .upgrade import upgraded

MAX_FILE_BYTES = 64 << 20


class SchemaViolation(InputError):
    """The file is JSON but does not fit the result model."""


class _Version(msgspec.Struct):
    schema_version: int


class _Document(msgspec.Struct):
    # What `run --json` prints has the result inside.
    result: msgspec.Raw
    verdict: msgspec.Raw
    schema_version: None = None


def load(path: str | Path) -> Result:
    """The result in a file. Raises InputError when there is none, SchemaViolation (an InputError) when it is malformed.

    Fitting the model does not make a result true: see `verify`.
    """
    return decode(read_bounded(path), shown_name(path))


def decode(data: bytes, name: str) -> Result:
    """The result in `data`, which came from the file called `name`. Raises as `load` does.

    The document that `run --json` prints does, too, and so does what an editor or a console has put a byte order mark
    before. What says a name twice is refused: see `twice`.
    """
    data = _as_utf8(data)
    result = _decoded(data, name)
    refuse_names_twice(data, name)
    return result


def _decoded(data: bytes, name: str) -> Result:
    if not data.strip():
        raise InputError(f"{name} is empty; give a result file that `hashwatt run` has written")
    # Nearly all are: what fits the model is this and nothing else, read once. A fleet's file has tens of megabytes.
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(data, type=Result)
    try:
        # First whether it is JSON at all: else a malformed file would be told apart by where its fault lies.
        msgspec.json.decode(data, type=msgspec.Raw)
        with suppress(msgspec.ValidationError):
            data = bytes(msgspec.json.decode(data, type=_Document).result)
        version = msgspec.json.decode(data, type=_Version).schema_version
        if version > SCHEMA_VERSION:
            raise InputError(
                f"{name} was written by a newer hashwatt (schema version {version}, this one reads up to "
                f"{SCHEMA_VERSION}); upgrade hashwatt"
            )
        if version == 1:
            return upgraded(msgspec.json.decode(data, type=version1.Result))
        return msgspec.json.decode(data, type=Result)
    except RecursionError:
        raise InputError(
            f"{name} is nested too deeply to be a result; give a file that `hashwatt run` has written"
        ) from None
    except msgspec.ValidationError as error:
        raise SchemaViolation(f"{name} is not a valid result: {_worded(error)}; see docs/result-file.md") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fault = "ends too early" if "truncated" in str(error) else "is not JSON"
        raise InputError(f"{name} {fault} ({printable(str(error), 40)}); give a result file") from None


def document_of(data: bytes) -> Any:
    """The result in `data` as plain JSON values, unchecked, in the version it was written in. Raises as JSON does."""
    data = _as_utf8(data)
    with suppress(msgspec.ValidationError):
        data = bytes(msgspec.json.decode(data, type=_Document).result)
    return msgspec.json.decode(data)


def _as_utf8(data: bytes) -> bytes:
    if data.startswith(codecs.BOM_UTF8):
        return data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # As PowerShell's > writes it. What is no such text is no JSON either, and will be told so.
        with suppress(UnicodeError):
            return data.decode("utf-16").encode()
    return data


def is_result(path: str | Path) -> bool:
    """Whether the file claims to hold a result of ours, of whatever version; False for anything else or unreadable."""
    try:
        data = _as_utf8(read_bounded(path))
        with suppress(msgspec.ValidationError):
            data = bytes(msgspec.json.decode(data, type=_Document).result)
        return msgspec.json.decode(data, type=_Version).schema_version > 0
    except (InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def encode(result: Result) -> bytes:
    """The file's content: indented JSON that is known to load again as the same result.

    Raises SchemaViolation when it would not, since something in it (NaN, an unprintable string) fits no file.
    """
    try:
        data = msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"
    except UnicodeEncodeError as error:
        raise SchemaViolation(f"the result holds a string that is no text ({error.reason}); measure again") from None
    if _decoded(data, "the result") != result:
        raise SchemaViolation("the result holds what JSON cannot (such as NaN); measure again")
    return data


def save(result: Result, path: str | Path) -> None:
    """Write a result file: another program sees the old file or the new one, never a part. Raises InputError."""
    data = encode(result)
    # An interrupt waits: it would leave half a file behind, or none where there is a result.
    with Deferred():
        _write(data, path)


def _write(data: bytes, path: str | Path) -> None:
    try:
        write_atomically(Path(os.path.realpath(path)), data)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None


def check_writable(path: str | Path) -> None:
    """Raise InputError when `save` could not write to `path`. Leaves nothing behind and touches no existing file."""
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise InputError(
                f"{shown_name(path)} is not a regular file; give the path of a file to write the result to"
            )
        with Deferred():
            _new_file_beside(target).unlink()
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None


def _new_file_beside(target: Path) -> Path:
    """An empty file in the same folder (and so on the same file system), with the user's usual permissions."""
    temporary = target.parent / f".hashwatt-{secrets.token_hex(8)}.tmp"
    # An over-long or otherwise illegal name must fail here, before measuring, and not at the end.
    with suppress(FileNotFoundError):
        os.lstat(target)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return temporary


def read_bounded(path: str | Path) -> bytes:
    """What is in a file that may be a result, MAX_FILE_BYTES at most. Raises InputError."""
    name = shown_name(path)
    try:
        data = read_regular(path, MAX_FILE_BYTES)
    except NotAFile:
        raise InputError(f"{name} is not a file; give a result file that `hashwatt run` has written") from None
    except FileNotFoundError:
        raise InputError(f"{name} does not exist; give the path of a result file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{name} cannot be read ({reason}); give the path of a readable result file") from None
    if len(data) > MAX_FILE_BYTES:
        raise InputError(
            f"{name} is over {MAX_FILE_BYTES >> 20} MiB, more than any result has; give a file that `hashwatt run` "
            "has written"
        )
    return data


def _cannot_write(path: str | Path, error: OSError | ValueError) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return InputError(f"{shown_name(path)} cannot be written ({reason}); choose a place where you may write")


def shown_name(path: str | Path) -> str:
    """A file's name as sentences show it."""
    return printable(str(path), 200)


def _worded(error: msgspec.ValidationError) -> str:
    text, _, place = str(error).rpartition(" - at ")
    if not text:
        text, place = place, "`$`"
    # The pattern itself tells a reader nothing.
    if "matching regex" in text:
        text = "wrong form or control characters"
    return printable(f"{text.replace('`', '')} at {place.strip('`')}", 70)
