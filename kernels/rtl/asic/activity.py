"""A netlist of cells at work: bit-exact, with the delays of its gates, counting the energy of each transition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import DeviceError
from .costs import Costs
from .events import FLOPS_J, GLITCHES, GLITCHES_J, LOGIC_J, NO_EVENT, SUMS, TRANSITIONS, run_period, settle
from .netlist import ONE, Netlist
from .tables import Wiring
from .timing import Timing

# Steps that a clock period is cut into: finer than the fastest gate of any library here.
STEPS = 8192
EVENTS_PER_GATE = 8


@dataclass(frozen=True)
class Activity:
    """Energy over some clock periods, in J; `transitions` of gates' outputs, `glitches` among them."""

    clocks: int
    clock_j: float
    flops_j: float
    logic_j: float
    glitches_j: float
    transitions: int
    glitches: int


class GateSimulator:
    """Runs a netlist clock by clock. Flip-flops start with 0."""

    def __init__(self, netlist: Netlist, wiring: Wiring, timing: Timing, costs: Costs) -> None:
        """A simulator at the clock that `timing` allows."""
        self._netlist = netlist
        self._wiring = wiring
        self._costs = costs
        gates = len(netlist.gates)
        step_s = timing.period_s / STEPS
        self._delay = np.maximum(np.rint(timing.delay_s / step_s), 1).astype(np.int64)
        outputs = [(flop, net, inverted) for flop in netlist.flops for _, net, inverted in flop.outputs]
        index_of = {id(flop): index for index, flop in enumerate(netlist.flops)}
        input_nets = [net for name in netlist.inputs for net in netlist.ports[name]]
        self._output_flop = np.array([index_of[id(flop)] for flop, _, _ in outputs], np.int64)
        self._output_inverted = np.array([inverted for _, _, inverted in outputs], np.uint8)
        self._source_net = np.array([net for _, net, _ in outputs] + input_nets, np.int64)
        arrival = np.maximum(timing.arrival_s[self._source_net], 0.0)
        self._source_delay = np.rint(arrival / step_s).astype(np.int64)
        self._source_energy = np.zeros((len(self._source_net), 2))
        self._source_energy[: len(outputs)] = costs.output_j
        most = max((len(flop.inputs) for flop in netlist.flops), default=1)
        self._flop_inputs = np.full((len(netlist.flops), most), -1, np.int64)
        for index, flop in enumerate(netlist.flops):
            self._flop_inputs[index, : len(flop.inputs)] = flop.inputs
        self._flop_truth = np.array([flop.table for flop in netlist.flops], np.uint64)
        self._state = np.zeros(len(netlist.flops), np.uint8)
        self._ports = {name: np.zeros(len(netlist.ports[name]), np.uint8) for name in netlist.inputs}
        self._value = np.zeros(netlist.nets, np.int64)
        self._value[ONE] = 1
        self._scratch = (
            np.zeros(gates, np.int64),  # stamp
            np.zeros(gates, np.uint8),  # pending
            np.zeros(gates, np.int64),  # cause
            np.zeros(gates),  # spent
            np.zeros(gates, np.int64),  # changes
            np.zeros(gates, np.int64),  # before
            np.zeros(gates, np.int64),  # touched
        )
        # Nets that no flip-flop waits for (outputs) may settle after the period; each delay is rounded.
        latest = int(np.ceil(timing.arrival_s.max() / step_s))
        self._wheel = np.full(2 * max(latest, STEPS), NO_EVENT, np.int64)
        self._pool = np.zeros((EVENTS_PER_GATE * (gates + len(self._source_net)) + 1024, 3), np.int64)
        self._sums = np.zeros(SUMS)
        self._clocks = 0
        self._value[self._source_net] = self._sources()
        settle(wiring.truth, wiring.inputs, wiring.outputs, self._value)

    def set(self, port: str, number: int) -> None:
        """Give an input port a value; it takes it just after the next clock edge."""
        width = len(self._ports[port])
        self._ports[port] = np.array([number >> bit & 1 for bit in range(width)], np.uint8)

    def get(self, port: str) -> int:
        """An output port's value."""
        return sum(int(self._value[net]) << bit for bit, net in enumerate(self._netlist.ports[port]))

    def clock(self) -> None:
        """One clock edge, and the period after it. Raises DeviceError where the netlist does not settle."""
        rows = np.zeros(len(self._state), np.uint64)
        for number in range(self._flop_inputs.shape[1]):
            nets = self._flop_inputs[:, number]
            rows |= np.where(nets >= 0, self._value[nets], 0).astype(np.uint64) << np.uint64(number)
        self._state = (self._flop_truth >> rows & np.uint64(1)).astype(np.uint8)
        wiring = self._wiring
        settled = run_period(
            wiring.truth,
            wiring.inputs,
            wiring.outputs,
            wiring.fanout_start,
            wiring.fanout_gate,
            wiring.fanout_input,
            self._delay,
            self._costs.gate_j,
            self._source_net,
            self._sources(),
            self._source_delay,
            self._source_energy,
            self._value,
            *self._scratch,
            self._wheel,
            self._pool,
            self._sums,
        )
        if not settled:
            raise DeviceError("the netlist does not settle in twice the time that timing allows; please report it")
        self._clocks += 1

    def start_measuring(self) -> None:
        """Forget what was counted so far."""
        self._sums[:] = 0
        self._clocks = 0

    def activity(self) -> Activity:
        """What was counted since `start_measuring`."""
        return Activity(
            clocks=self._clocks,
            clock_j=self._costs.clock_j * self._clocks,
            flops_j=float(self._sums[FLOPS_J]),
            logic_j=float(self._sums[LOGIC_J]),
            glitches_j=float(self._sums[GLITCHES_J]),
            transitions=int(self._sums[TRANSITIONS]),
            glitches=int(self._sums[GLITCHES]),
        )

    def _sources(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        outputs = self._state[self._output_flop] ^ self._output_inverted
        return np.concatenate([outputs, *(self._ports[name] for name in self._netlist.inputs)]).astype(np.int64)
