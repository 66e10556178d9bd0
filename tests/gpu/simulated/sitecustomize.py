"""With this folder and the clone on PYTHONPATH every Python process sees a fake NVIDIA card (tests/kernels/cuda).

    PYTHONPATH=tests/gpu/simulated:. HASHWATT_FAKE_CARD=1 python tests/gpu/first_hour.py -o rehearsal --patience 3

rehearses the first hour on a machine whose card no OpenCL platform shows. Without the variable it does nothing.
"""

from __future__ import annotations

import os


def see_a_fake_card() -> None:
    from tests.kernels.cuda import fake_card

    fake_card.BUILT.mkdir(mode=0o700, exist_ok=True)
    fake_card.install(fake_card.BUILT)


if os.environ.get("HASHWATT_FAKE_CARD"):
    see_a_fake_card()
