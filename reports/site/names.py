"""Names of the site's files: of what they hold alone, so that they stay the same; safe on every file system.

Lower case, digits and hyphens: no name can lead out of the folder, be one that Windows keeps for itself, or differ from
another by case alone.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

import msgspec

from .standings import Model

RAW, RESULT, DEVICE = "raw", "result", "device"
FOLDERS = (RAW, RESULT, DEVICE)
STYLE, SCRIPT, INDEX = "style.css", "script.js", "index.html"
LONGEST_SLUG = 48
# All names that a site can have, as a manifest may state them.
OURS = re.compile(
    r"index(-[0-9]{1,5})?\.html|style\.css|script\.js|(result|device)/[a-z0-9][a-z0-9-]{0,99}\.html"
    r"|raw/[a-z0-9][a-z0-9-]{0,99}\.json"
)


def index_name(number: int) -> str:
    """The name of index page `number`, from 1 on."""
    return INDEX if number == 1 else f"index-{number}.html"


def stem_of_result(created: str, digest: str) -> str:
    """The name of a result's files without ending: its day and the digest of the published file."""
    return f"{created[:10]}-{digest[:32]}"


def name_of_model(model: Model) -> str:
    """The name of a device's page: what can be read of its own name, and a digest that tells it from all others."""
    digest = sha256(msgspec.json.encode(model)).hexdigest()[:16]
    return f"{DEVICE}/{slug(model.name)}-{digest}.html"


def slug(text: str) -> str:
    """What a name has of letters and digits, in lower case.

    >>> slug("../../AMD Ryzen™ 9 <7950X>"), slug("CON"), slug("界")
    ('amd-ryzentm-9-7950x', 'con', 'device')
    """
    plain = unicodedata.normalize("NFKD", text[: 4 * LONGEST_SLUG]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "device"
