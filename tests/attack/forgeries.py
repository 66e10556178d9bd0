"""Every forgery that was thought of, what it would gain, and what stands in its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from hashwatt.bench.rates import counted_samples
from hashwatt.bench.result.measurement import Measurement, Roof
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.rounds.counted import with_counted
from hashwatt.kernels.headers.oracle import meets
from hashwatt.kernels.workloads.evidence import Checked, Shares
from hashwatt.kernels.workloads.evidence_version1 import Chunk, ChunkedShares, Header, Share
from hashwatt.kernels.workloads.proof.headers import share_target, target_to_hex
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words, unpack_ascending, unpack_words
from hashwatt.kernels.workloads.sha256d.version1.headers import derive_prefix

from .forger import claiming, forged, refigured

ANYWHERE = (1 << 62) - 1


@dataclass(frozen=True)
class Forgery:
    """`make` turns an honest run of two devices into the forged one; `refused_by` names the checks that may refuse it.

    Where none does, `trusted` names what is listed as the machine's own word, or `bounded` says what limits the gain.
    """

    name: str
    gain: str
    make: Callable[[Result], Result]
    refused_by: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    bounded: str = ""


def first(result: Result, change: Callable[[Measurement], Measurement]) -> Result:
    """The result with its first record changed."""
    return replace(result, results=(change(result.results[0]), *result.results[1:]))


def evidence_of(entry: Measurement) -> Shares:
    """The evidence of a record that is proven by shares."""
    assert isinstance(entry.evidence, Shares)
    return entry.evidence


def with_evidence(result: Result, **changes: Any) -> Result:
    """The result with fields of its first record's evidence changed."""
    return first(result, lambda entry: replace(entry, evidence=replace(evidence_of(entry), **changes)))


def with_keys(result: Result, change: Callable[[list[int]], list[int]]) -> Result:
    """The result with its first record's shares changed and packed again."""
    keys = change(unpack_ascending(evidence_of(result.results[0]).shares, ANYWHERE).tolist())
    return with_evidence(result, shares=pack_ascending(sorted(keys)), count=len(keys))


def one_share(result: Result) -> Result:
    """12.3 shares expected, one found: so much more is claimed than was done."""
    return forged(result, 100_000, lambda leaf: leaf < 40, wanted=12)


def invented_beside_honest(result: Result) -> Result:
    """Many tiny honest ranges, and a few large ones that were never hashed and hold nearly all the work."""
    tiny = [(index * 100, 8) for index in range(480)]
    large = [(10_000_000 + index * 100_000, 12_000) for index in range(17)]
    return forged(result, 0, lambda leaf: leaf < 10, spans=[*tiny, *large])


def rolled_as_plain(result: Result) -> Result:
    """A run with 16 version-rolled prefixes shown as a plain one: the same work costs less."""
    return first(
        with_evidence(result, prefixes=16), lambda entry: replace(entry, parameters={**entry.parameters, "prefixes": 1})
    )


def plain_as_rolled(result: Result) -> Result:
    """The prefixes changed everywhere, so that each nonce counts 16 times."""

    def change(entry: Measurement) -> Measurement:
        evidence = replace(evidence_of(entry), prefixes=16)
        more = replace(entry, parameters={**entry.parameters, "prefixes": 16}, evidence=evidence)
        return claiming(more, 16 * entry.amount)

    return first(result, change)


def easier_target(result: Result) -> Result:
    """A harder target, so that fewer shares are expected of the same claim, and those that meet it are kept."""
    evidence = evidence_of(result.results[0])
    harder = int(evidence.target_hex, 16) // 2
    return with_evidence(result, target_hex=target_to_hex(harder))


def fewer_wanted(result: Result) -> Result:
    """Fewer wanted shares, so that fewer need to be shown."""
    return with_evidence(result, wanted=300)


def larger_leaves(result: Result) -> Result:
    """Leaves of another size, so that checksums can be put together from others."""
    evidence = evidence_of(result.results[0])
    words = unpack_words(evidence.checksums)
    halved = [one ^ other for one, other in zip(words[::2], [*words[1::2], 0], strict=False)]
    return with_evidence(result, leaf_nonces=2 * evidence.leaf_nonces, checksums=pack_words(halved))


def doubled_shares(result: Result) -> Result:
    """Every share twice."""
    evidence = evidence_of(result.results[0])
    return with_evidence(result, count=2 * evidence.count)


def invented_shares(result: Result) -> Result:
    """Shares at places where there are none."""
    return with_keys(result, lambda keys: sorted({*keys, *(key + 1 for key in keys[::7])}))


def dropped_shares(result: Result) -> Result:
    """Only half of the shares, as of half the work."""
    return with_keys(result, lambda keys: keys[::2])


def shares_of_another_device(result: Result) -> Result:
    """One device's evidence under another's name, both of one run."""
    return first(result, lambda entry: replace(entry, evidence=result.results[1].evidence))


def devices_swapped(result: Result) -> Result:
    """The two devices' names exchanged."""
    one, other = result.results
    return replace(result, results=(replace(one, device=other.device), replace(other, device=one.device)))


def three_names(result: Result) -> Result:
    """One proof under three device names."""
    entry = result.results[0]
    named = tuple(replace(entry, device=replace(entry.device, id=f"fake:{index}")) for index in range(3))
    return replace(result, results=named)


def another_machine(result: Result) -> Result:
    """The proof under another machine's id."""
    return replace(
        first(result, lambda entry: replace(entry, machine="0" * 16)),
        machines=(*result.machines, replace(result.machines[0], id="0" * 16)),
    )


def another_run(result: Result) -> Result:
    """The same proof as if it were of another run."""
    return replace(result, run_id="0" * 32)


def another_challenge(result: Result) -> Result:
    """The same proof as if it answered another challenge."""
    return replace(result, challenge="prove that")


def another_workload(result: Result) -> Result:
    """Hashes shown as another kind of work."""
    return first(result, lambda entry: replace(entry, workload="stream", unit="byte", parameters={}))


def another_unit(result: Result) -> Result:
    """The same figures, as if they were bytes."""
    return first(result, lambda entry: refigured(replace(entry, unit="byte")))


def own_word(result: Result) -> Result:
    """No shares, but the assurance that all answers were compared."""
    return first(result, lambda entry: replace(entry, evidence=Checked(answers=10**6, how="compared with hashlib")))


def higher_rate(result: Result) -> Result:
    """The headline alone."""

    def change(entry: Measurement) -> Measurement:
        assert entry.rate is not None
        return replace(entry, rate=replace(entry.rate, value=entry.rate.value * 1.5))

    return first(result, change)


def tighter_interval(result: Result) -> Result:
    """The interval alone."""

    def change(entry: Measurement) -> Measurement:
        assert entry.rate is not None
        return replace(entry, rate=replace(entry.rate, low=entry.rate.value))

    return first(result, change)


def higher_share_of_roof(result: Result) -> Result:
    """A share of a roof that does not follow from the rate."""
    roof = Roof(
        rate=100_000.0, unit="hash/s", origin="measured", percent=99.0, binds="logic", clock_hz=None,
        cycles_per_unit=None, explanation="invented",
    )  # fmt: skip
    return first(result, lambda entry: replace(entry, roof=roof))


def more_work(result: Result) -> Result:
    """Every amount doubled, everywhere but in the evidence."""
    return first(result, lambda entry: claiming(entry, 2 * entry.amount))


def twice_the_ranges(result: Result) -> Result:
    """The claimed range doubled along with all amounts; half of it was never hashed."""
    return forged(result, 100_000, lambda leaf: leaf < 256)


def nine_tenths(result: Result) -> Result:
    """Nine leaves in ten hashed."""
    return forged(result, 100_000, lambda leaf: leaf % 10 != 0)


def two_percent_more(result: Result) -> Result:
    """Ninety-eight leaves in a hundred hashed: little enough to hide among what chance leaves open."""
    return forged(result, 100_000, lambda leaf: leaf % 50 != 0)


def few_hashes_many_shares(result: Result) -> Result:
    """A target so easy that nearly all hashes meet it, chosen before hashing."""
    return forged(result, 100_000, lambda leaf: leaf < 256, target=share_target(1, 1))


def invented_checksums(result: Result) -> Result:
    """Checksums that nobody worked out; the work itself was done."""
    words = unpack_words(evidence_of(result.results[0]).checksums)
    return with_evidence(result, checksums=pack_words([word ^ 0x5EED for word in words]))


def shorter_seconds(result: Result) -> Result:
    """Half the seconds, and all that follows from them: twice the rate."""

    def change(entry: Measurement) -> Measurement:
        samples = tuple(replace(one, seconds=one.seconds / 2) for one in counted_samples(entry))
        return refigured(replace(entry, rounds=(replace(entry.rounds[0], samples=samples),)))

    return first(result, change)


def _in_rounds(entry: Measurement, *, moved: bool) -> Measurement:
    """In four rounds, the last of which does not count for a load nobody saw; `moved`: its work is in the first."""
    samples = [replace(one, other_load=0.0, cpu_s=one.seconds) for one in counted_samples(entry)]
    size = len(samples) // 4
    parts = [samples[:size], samples[size : 2 * size], samples[2 * size : 3 * size], samples[3 * size :]]
    parts[3] = [replace(one, other_load=0.95) for one in parts[3]]
    if moved:
        taken = sum(one.amount - 1 for one in parts[3])
        parts[3] = [replace(one, amount=1) for one in parts[3]]
        parts[0][0] = replace(parts[0][0], amount=parts[0][0].amount + taken)
    lasted_s = [sum(one.seconds for one in part) for part in parts]
    rounds = with_counted(
        [
            replace(entry.rounds[0], start_s=sum(lasted_s[:index]) * 1.01, samples=tuple(part))
            for index, part in enumerate(parts)
        ]
    )
    changed = replace(entry, rounds=rounds)
    return refigured(replace(changed, amount=sum(one.amount for one in counted_samples(changed))))


def load_invented(result: Result) -> Result:
    """A load of others in a slow round, so that it does not count."""
    return first(result, lambda entry: _in_rounds(entry, moved=False))


def work_moved(result: Result) -> Result:
    """The same, with the work of that round put into one that counts."""
    return first(result, lambda entry: _in_rounds(entry, moved=True))


def another_name(result: Result) -> Result:
    """The device called by a better one's name."""
    return first(result, lambda entry: replace(entry, device=replace(entry.device, name="a better one")))


def other_circumstances(result: Result) -> Result:
    """Date, processor and warnings edited."""
    machine = replace(result.machines[0], cpu_model="another")
    return replace(result, created="2026-01-01T00:00:00Z", machines=(machine,), warnings=())


def old_clothes(result: Result) -> Result:
    """A new claim in the form of version 1, whose target the file chooses: one share where 12.3 are expected."""
    entry = result.results[0]
    claimed = 1 << 12
    target = share_target(claimed, 12.3)
    prefix = derive_prefix(result.challenge, entry.device.id, result.run_id, 0)
    nonce = next(nonce for nonce in range(claimed) if meets(prefix, nonce, target))
    evidence = ChunkedShares(
        target_hex=target_to_hex(target),
        prefixes=1,
        headers=(Header(running_number=0, prefix_hex=prefix.hex()),),
        chunks=(Chunk(running_number=0, start=0, nonces=claimed, xor_h7=0, sample=0),),
        shares=(Share(running_number=0, prefix=0, nonce=nonce),),
    )
    sample = replace(counted_samples(entry)[0], amount=claimed)
    alone = replace(entry, evidence=evidence, rounds=(replace(entry.rounds[0], samples=(sample,)),), amount=claimed)
    return replace(result, results=(refigured(alone, written_as=1),), written_as=1)


def warnings_invented(result: Result) -> Result:
    """A warning that nobody gave, with words of the forger's."""
    return replace(result, warnings=(WarningRecord(code="quota", text="all is well"),))


FORGERIES = (
    Forgery("one share found, 12.3 expected", "any claim, one time in three", one_share, ("share_count",)),
    Forgery("the same in an old file's form (version 1), which chooses its target", "any claim, one time in three",
            old_clothes, ("share_count",)),
    Forgery(
        "17 invented ranges with nearly all the work beside hundreds of honest ones", "any claim",
        invented_beside_honest, ("share_count",),
    ),
    Forgery("16 rolled prefixes shown as 1", "a rank among plain runs", rolled_as_plain, ("header", "shares")),
    Forgery("1 prefix shown as 16", "16 × the rate", plain_as_rolled, ("shares", "share_count")),
    Forgery("another target put in afterwards", "fewer shares to show", easier_target, ("shares", "share_count")),
    Forgery("fewer shares wanted afterwards", "fewer shares to show", fewer_wanted, ("shares", "share_count")),
    Forgery("leaves of another size", "checksums made of others", larger_leaves, ("shares", "packing")),
    Forgery("a target that everything meets, half of the work done", "2 × the rate", few_hashes_many_shares,
            ("share_count",)),
    Forgery("shares counted twice", "2 × the rate", doubled_shares, ("packing",)),
    Forgery("shares invented", "a higher bound", invented_shares, ("shares", "share_count")),
    Forgery("half of the shares left out", "nothing, and places to hide", dropped_shares, ("share_count",)),
    Forgery("another device's shares, of the same run", "a rank for a device that did nothing",
            shares_of_another_device, ("shares", "share_range", "spans", "amount")),
    Forgery("two devices' names exchanged", "the faster one's rate for the slower", devices_swapped,
            ("shares",)),
    Forgery("one proof under three device names", "three ranks", three_names, ("shares",)),
    Forgery("one proof under another machine's id", "a rank for another machine", another_machine, ("shares",)),
    Forgery("one proof as two runs", "two ranks", another_run, ("shares",)),
    Forgery("an old proof for a new challenge", "no work at all", another_challenge, ("shares",)),
    Forgery("hashes shown as another kind of work", "a rank there", another_workload,
            ("workload", "evidence", "rate", "roof")),
    Forgery("hashes counted in another unit", "a rank there", another_unit, ("workload", "rate", "roof")),
    Forgery("the machine's own word instead of shares", "any claim", own_word, ("evidence",)),
    Forgery("rate edited", "1.5 × the rate", higher_rate, ("rate", "roof")),
    Forgery("interval edited", "a clearer verdict", tighter_interval, ("rate",)),
    Forgery("share of the roof edited", "a better kernel", higher_share_of_roof, ("roof",)),
    Forgery("amounts doubled, ranges not", "2 × the rate", more_work, ("amount",)),
    Forgery("amounts and ranges doubled", "2 × the rate", twice_the_ranges, ("share_count",)),
    Forgery("nine tenths hashed", "1.11 × the rate", nine_tenths, ("share_count",)),
    Forgery("98 % hashed", "1.02 × the rate", two_percent_more,
            bounded="passes by itself; places drawn by the verifier find it (see the next table)"),
    Forgery("checksums invented", "nothing", invented_checksums, trusted=("/results/0/evidence/checksums",),
            bounded="`--recompute` finds it"),
    Forgery("seconds halved, with all that follows", "2 × the rate", shorter_seconds,
            trusted=("/results/0/rounds/0/samples/0/seconds",),
            bounded="a beacon and a time-stamp bound the time; nothing else does"),
    Forgery("a load invented, so that a slow round does not count", "what that round was slower by", load_invented,
            trusted=("/results/0/rounds/0/samples/0/other_load",)),
    Forgery("work of a round that does not count moved to one that does", "1.4 × the rate", work_moved,
            trusted=("/results/0/rounds/3/samples/0/other_load",),
            bounded="what is proven is the work of all rounds; a beacon and a time-stamp bound the time"),
    Forgery("device named after a better one", "a rank under that name", another_name,
            trusted=("/results/0/device/name",)),
    Forgery("date, processor, warnings edited", "a better look", other_circumstances,
            trusted=("/created", "/machines/0/cpu_model")),
    Forgery("a warning's words invented", "words in a report", warnings_invented,
            trusted=("/warnings/0/code", "/warnings/0/text")),
)  # fmt: skip
