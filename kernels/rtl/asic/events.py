"""The compiled heart of the gate-level simulation: one clock period, event by event.

Every gate has an inertial delay for each input and edge: a change that is taken back before it has
come through is no change. Whatever comes through is a transition and costs energy; those beyond the
one that a gate needs to reach its final value are glitches.
"""

from __future__ import annotations

from typing import Any

import numba

RISE, FALL = 0, 1
EVENT_GATE, EVENT_NEXT, EVENT_STAMP = 0, 1, 2
NO_EVENT = -1

# Sums that `run_period` adds to.
FLOPS_J, LOGIC_J, GLITCHES_J, TRANSITIONS, GLITCHES = 0, 1, 2, 3, 4
SUMS = 5


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def evaluate(truth: Any, inputs: Any, gate: Any, value: Any) -> Any:
    """A gate's output for the nets' values."""
    row = 0
    for number in range(inputs.shape[1]):
        net = inputs[gate, number]
        if net < 0:
            break
        row |= value[net] << number
    return (truth[gate] >> row) & 1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def settle(truth: Any, inputs: Any, outputs: Any, value: Any) -> None:
    """Set every gate's output, in the order of the gates, in no time and for no energy."""
    for gate in range(len(outputs)):
        value[outputs[gate]] = evaluate(truth, inputs, gate, value)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def run_period(
    truth: Any,
    inputs: Any,
    outputs: Any,
    fanout_start: Any,
    fanout_gate: Any,
    fanout_input: Any,
    delay: Any,
    energy: Any,
    source_net: Any,
    source_value: Any,
    source_delay: Any,
    source_energy: Any,
    value: Any,
    stamp: Any,
    pending: Any,
    cause: Any,
    spent: Any,
    changes: Any,
    before: Any,
    touched: Any,
    wheel: Any,
    pool: Any,
    sums: Any,
) -> Any:
    """Let the sources (flip-flops' outputs and inputs) take their new values, and everything follow.

    Delays are whole steps of the wheel. Answers False where events ran beyond the wheel or the pool.
    """
    steps = len(wheel)
    free = 0
    last = 0
    for event in range(len(pool)):
        pool[event, EVENT_NEXT] = event + 1 if event + 1 < len(pool) else NO_EVENT
    gates = len(outputs)
    for source in range(len(source_net)):
        net = source_net[source]
        new = source_value[source]
        if value[net] == new:
            continue
        step = source_delay[source, FALL if new == 0 else RISE]
        if step >= steps or free == NO_EVENT:
            return False
        event = free
        free = pool[event, EVENT_NEXT]
        pool[event, EVENT_GATE] = gates + source
        pool[event, EVENT_NEXT] = wheel[step]
        wheel[step] = event
        last = max(last, step)
    count = 0
    now = 0
    while now <= last:
        event = wheel[now]
        while event != NO_EVENT:
            wheel[now] = pool[event, EVENT_NEXT]
            gate = pool[event, EVENT_GATE]
            valid = gate >= gates or pool[event, EVENT_STAMP] == stamp[gate]
            pool[event, EVENT_NEXT] = free
            free = event
            if valid:
                if gate >= gates:
                    net = source_net[gate - gates]
                    value[net] ^= 1
                    sums[FLOPS_J] += source_energy[gate - gates, RISE if value[net] else FALL]
                else:
                    net = outputs[gate]
                    if changes[gate] == 0:
                        touched[count] = gate
                        count += 1
                        before[gate] = value[net]
                    value[net] ^= 1
                    pending[gate] = 0
                    changes[gate] += 1
                    spent[gate] += energy[gate, cause[gate], RISE if value[net] else FALL]
                for end in range(fanout_start[net], fanout_start[net + 1]):
                    sink = fanout_gate[end]
                    target = evaluate(truth, inputs, sink, value)
                    if pending[sink]:
                        if target == value[outputs[sink]]:
                            pending[sink] = 0
                            stamp[sink] += 1
                    elif target != value[outputs[sink]]:
                        number = fanout_input[end]
                        step = now + delay[sink, number, RISE if target else FALL]
                        if step >= steps or free == NO_EVENT:
                            return False
                        pending[sink] = 1
                        stamp[sink] += 1
                        cause[sink] = number
                        new_event = free
                        free = pool[new_event, EVENT_NEXT]
                        pool[new_event, EVENT_GATE] = sink
                        pool[new_event, EVENT_STAMP] = stamp[sink]
                        pool[new_event, EVENT_NEXT] = wheel[step]
                        wheel[step] = new_event
                        last = max(last, step)
            event = wheel[now]
        now += 1
    for index in range(count):
        gate = touched[index]
        useful = 1 if value[outputs[gate]] != before[gate] else 0
        share = useful / changes[gate]
        sums[LOGIC_J] += spent[gate] * share
        sums[GLITCHES_J] += spent[gate] * (1 - share)
        sums[TRANSITIONS] += changes[gate]
        sums[GLITCHES] += changes[gate] - useful
        changes[gate] = 0
        spent[gate] = 0.0
    return True
