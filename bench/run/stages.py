"""What a session's progress says: which device and work, what is being done, and how far that is."""

from __future__ import annotations

from ...kernels.workloads.protocol import quantity_for
from ..progress import Progress, ShowsOutlook
from ..sampling.plan import Plan
from ..sampling.sampler import Sampler
from ..warnings.levels import two_levels
from .assignment import Assignment, Work


class Stages:
    """The stages of one work on one device, as `progress` shows them."""

    def __init__(self, device_id: str, work: Work, assignment: Assignment, progress: Progress) -> None:
        """The work is named where the run has several."""
        label = work.label if assignment.several else ""
        self._name = " ".join(filter(None, (device_id, label, assignment.setting)))
        self._work = work
        self._times = assignment.times
        self._progress = progress

    def begin(self, text: str, total_s: float | None = None) -> None:
        """A stage begins that takes so many seconds; None: nobody knows."""
        if self._times is not None and isinstance(self._progress, ShowsOutlook):
            self._progress.outlook(self._times.told())
        unit = quantity_for(self._work.workload, self._work.parameters).unit
        self._progress.stage(self._name, text, total_s, unit)

    def sampling(self, sampler: Sampler, plan: Plan) -> None:
        """The samples of the next round; also that the rate has no one value so far."""
        levels = " (the rate has two levels)" if two_levels([one.rate for one in sampler.taken]) else ""
        self.begin(f"sampling{levels}, {_number(sampler, plan)}", plan.round_s)

    def warming_up_again(self, sampler: Sampler, plan: Plan) -> None:
        """The warm-up before a further round."""
        self.begin(f"warming up, {_number(sampler, plan)}", plan.warmup_again_s)


def _number(sampler: Sampler, plan: Plan) -> str:
    return f"round {len(sampler.rounds) + 1} of {plan.rounds}"
