"""What real miners said, held again with the same time and chance: the same answers, jobs and shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.pool.rate import rate_of_shares
from hashwatt.bench.pool.result import _warnings, evidence_of
from hashwatt.kernels.stratum.difficulty import hashes_a_share
from hashwatt.kernels.workloads.sha256d.served import check_served
from hashwatt.kernels.workloads.sha256d.workload import WORKLOAD

from .recorded import CHALLENGE, FOLDER, replayed
from .simulated import claim_for

# Shares in the window, as the recording server counted them, whether versions were rolled, and the window's seconds.
FACTS = {
    "minerd-2.5.1": (194, False, 6.0),
    "cpuminer-opt-26.1": (307, False, 6.0),
    "bfgminer-5.5.0": (1227, False, 12.0),
    "hashwatt-rolled-4": (355, True, 6.0),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_recorded_conversation_ends_with_the_same_proven_shares(name: str) -> None:
    count, rolls, seconds = FACTS[name]
    *_, (session, _) = replayed(FOLDER / f"{name}.jsonl.gz", seconds)
    assert session.window is not None
    assert session.phase == "done"
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
    assert rate.low < amount / seconds < rate.high
    # Another challenge: none of the shares is good.
    other = claim_for("another", amount)
    assert not check_served(evidence, other)[0].ok


def test_a_miner_that_hands_shares_in_late_is_named_and_not_cut_off() -> None:
    """Beside other load bfgminer keeps shares back, and brings those of jobs long gone after its newest ones."""
    *_, (session, _) = replayed(FOLDER / "bfgminer-5.5.0.jsonl.gz", 12.0)
    assert session.reason is None
    assert session.window is not None
    assert session.refused == {"job not found": 466}
    codes = {warning.code: warning.text for warning in _warnings(session, session.window)}
    assert "give a higher --difficulty" in codes["refused_shares"]


def test_every_recording_is_replayed() -> None:
    assert {path.name.removesuffix(".jsonl.gz") for path in Path(FOLDER).glob("*.gz")} == set(FACTS)
