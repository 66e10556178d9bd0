"""tox reads this when it starts: uv, which installs its environments, asks where pip would ask.

uv reads no settings of pip's. Where packages come from a mirror, or through a proxy, that pip alone was told of,
installing with uv would fail where `pip install tox-uv` has just gone well.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys

# pip's name of a setting, and the variable that says the same to uv.
SAME = {
    "index-url": "UV_DEFAULT_INDEX",
    "proxy": "ALL_PROXY",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}


def for_uv(listed: str) -> dict[str, str]:
    """What `pip config list` says, as uv's variables; where a setting stands twice, the later line has the word."""
    found = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        variable = SAME.get(name.rpartition(".")[2])
        if variable:
            found[variable] = " ".join(ast.literal_eval(value).split())
    return found


def _listed() -> str:
    asked = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


# What was said to uv itself has precedence.
for variable, value in for_uv(_listed()).items():
    os.environ.setdefault(variable, value)
