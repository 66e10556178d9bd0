"""What real miners said, held again with the same time and chance: the same answers, jobs and shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.pool.rate import rate_of_shares
from hashwatt.bench.pool.result import evidence_of
from hashwatt.kernels.stratum.difficulty import hashes_a_share
from hashwatt.kernels.workloads.sha256d.served import check_served
from hashwatt.kernels.workloads.sha256d.workload import WORKLOAD

from .recorded import CHALLENGE, FOLDER, replayed
from .simulated import claim_for

SECONDS = 6.0
# Shares in the window, as the recording server counted them, and whether versions were rolled.
FACTS = {
    "minerd-2.5.1": (194, False),
    "cpuminer-opt-26.1": (307, False),
    "hashwatt-rolled-4": (355, True),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_recorded_conversation_ends_with_the_same_proven_shares(name: str) -> None:
    *_, (session, _) = replayed(FOLDER / f"{name}.jsonl.gz", SECONDS)
    assert session.window is not None
    assert session.phase == "done"
    count, rolls = FACTS[name]
    evidence = evidence_of(session, session.window)
    assert evidence.count == count
    assert evidence.version_rolling is rolls
    amount = round(count * hashes_a_share(evidence.difficulty))
    claim = claim_for(CHALLENGE, amount)
    assert [finding.ok for finding in WORKLOAD.verify(evidence, claim)] == [True] * 3
    assert check_served(evidence, claim)[1].sentence.startswith("proven: at least")
    rate = rate_of_shares(evidence)
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < amount / SECONDS < rate.high
    # Another challenge: none of the shares is good.
    other = claim_for("another", amount)
    assert not check_served(evidence, other)[0].ok


def test_every_recording_is_replayed() -> None:
    assert {path.name.removesuffix(".jsonl.gz") for path in Path(FOLDER).glob("*.gz")} == set(FACTS)
