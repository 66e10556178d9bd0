"""What a session finds out of its device's roof: after each round, and at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping

from ...kernels.device import AnyDevice, DeviceInfo, Roof
from ...kernels.errors import DeviceError
from ...kernels.workloads.protocol import LendsMemory, MovesMemory, Task
from ..machine.load import LoadMeter
from ..result.warning import WarningRecord
from ..sampling.sampler import Sampler
from ..warnings import sentences
from .roofs import RoofMeter, Told, best_roof, is_loss, why_no_roof


def is_said(task: Task) -> bool:
    """Whether the work itself tells that it may come from a cache in part."""
    return isinstance(task, MovesMemory) and task.near_cache is not None


class SessionRoof:
    """The roof of one session. What fails here costs the roof and never the rate.

    `roof`: None as long as there is none. `other_load`: of the cores, while it was measured at the end.
    """

    def __init__(
        self,
        info: DeviceInfo,
        begin: Callable[[str], object],
        lose: Callable[[], None],
        failure: Callable[[Exception], str],
    ) -> None:
        """`begin` says what is done now, `lose` that the device hung or died; `failure` words what nobody expected."""
        self._info = info
        self._begin = begin
        self._lose = lose
        self._failure = failure
        self._between: RoofMeter | None = None
        self.roof: Roof | None = None
        self.other_load: float | None = None
        self.warnings: list[WarningRecord] = []

    def open(
        self, device: AnyDevice, task: Task, counts: Mapping[str, float], told: MutableMapping[str, Told] | None
    ) -> None:
        """Measure ceilings of this device between the rounds of a task, each as far as the work takes anything of it.

        `told`: what earlier work of the run found of them (None: there is none).
        """
        self._between = RoofMeter(device, counts, told, task.lent if isinstance(task, LendsMemory) else tuple)

    def after_a_round(self) -> None:
        """Measure the ceilings, where there are any."""
        if self._between is None:
            return
        if self._between.is_needed:
            self._begin("measuring its ceilings")
        self._between.measure()
        if self._between.lost:
            self._lose()

    def at_the_end(self, task: Task, meter: LoadMeter, sampler: Sampler) -> None:
        """Settle it: from the ceilings that were measured, else by what the task tells of the device."""
        between = self._between
        if between is not None and between.is_needed:
            self.roof = between.roof(sampler.records())
            near = between.near_cache
            if self.roof is not None and near is not None and not is_said(task):
                self.warnings.append(
                    sentences.near_cache(f"its roof's {near.what}", near.times, near.remedy, near.cache)
                )
            if between.lost:
                self._lose()
            return
        if between is not None and between.failure is not None:
            self.warnings.append(sentences.limit_unknown(between.failure))
            return
        self._begin("measuring its roof")
        try:
            meter.start()
            self.roof = best_roof(task.roof, sampler.records())
            reason = why_no_roof(self._info)
            if self.roof is None and reason is not None:
                self.warnings.append(sentences.limit_unknown(reason))
            if self._info.on_host_cores:
                self.other_load = meter.stop().other_load
        except DeviceError as error:
            # The rate is measured by now; a device that fails here does not lose it.
            if is_loss(error):
                self._lose()
            self.warnings.append(sentences.limit_unknown(str(error)))
        except Exception as error:
            self.warnings.append(sentences.limit_unknown(self._failure(error)))
