"""The steps of the first hour that are more than a command of hashwatt's: each prints its answer as JSON, in one line.

python tests/gpu/steps.py NAME [ARGUMENT…]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# Which file of `questions` has each: only that is imported, so that what another one needs can be missing.
TOPICS = {
    "machine": "machine",
    "cuda": "machine",
    "properties": "machine",
    "expected": "expected",
    "variants": "kernels",
    "conformance": "kernels",
    "pipes": "streams",
    "energy": "energy",
    "counters": "counters",
    "launch": "counters",
}


def question(name: str) -> Callable[..., dict[str, object] | None]:
    """The function that answers a step."""
    answers: Callable[..., dict[str, object] | None] = getattr(
        import_module(f"tests.gpu.questions.{TOPICS[name]}"), name
    )
    return answers


if __name__ == "__main__":
    # A worker process of hashwatt's begins with this file, too: nothing but this runs then.
    from tests.gpu.questions.asked import tell

    said = question(sys.argv[1])(*sys.argv[2:])
    if said is not None:
        tell(said)
