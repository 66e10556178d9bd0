"""Where runtimes keep compiled kernels when the home folder cannot be written, or when others may write there.

pyopencl warns then; PoCL shows no device at all. Both run what they find there.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ...system.own_files import remove_temporary_folders, temporary_folder
from ...system.trust import is_own

# What pyopencl, its pytools and PoCL keep below the user's cache folder, where they are there already.
FOREIGN = ("pyopencl", "pytools", "pocl", "pocl/kcache")
# A suite's kernels take some MiB in PoCL's cache.
ROOM_BYTES = 64 << 20
TRIAL_BYTES = 1 << 20


def spare_an_unwritable_home() -> None:
    """Where their caches cannot be written or trusted, give PoCL's a folder of this process, and pyopencl none."""
    if _is_good(_cache_folder()):
        return
    os.environ.setdefault("PYOPENCL_NO_CACHE", "1")
    if "POCL_CACHE_DIR" not in os.environ:
        try:
            folder = temporary_folder()
        except OSError:
            # No folder for temporary files either: each runtime must see for itself.
            return
        os.environ["POCL_CACHE_DIR"] = str(folder)
        atexit.register(_remove, os.getpid())


def _cache_folder() -> Path | None:
    stated = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(stated) if stated else Path.home() / ".cache"
    except RuntimeError:
        # Neither HOME nor an entry of this user in the system's list.
        return None


def _is_good(folder: Path | None) -> bool:
    if folder is None or not _can_write(folder):
        return False
    # A link that leads nowhere stands in PoCL's way, too.
    there = [place for place in (folder, *(folder / name for name in FOREIGN)) if os.path.lexists(place)]
    return all(place.is_dir() and os.access(place, os.W_OK | os.X_OK) and is_own(place) for place in there)


def _can_write(folder: Path) -> bool:
    """Whether a suite's kernels find room there. PoCL calls it the kernel's fault where they do not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < ROOM_BYTES:
            return False
        # A user's own share of a disk may be used up while the disk is not, which only writing tells.
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            return file.write(bytes(TRIAL_BYTES)) == TRIAL_BYTES
    except OSError:
        return False


def _remove(process_id: int) -> None:
    # A forked child runs this, too, and the folder is not its own.
    if os.getpid() == process_id:
        remove_temporary_folders(process_id)
