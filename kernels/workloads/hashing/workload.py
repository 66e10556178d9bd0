"""What every hash has in common whose kernels are ours: a device runs them, and shares prove them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ...device import AnyDevice, DeviceInfo, Scans
from ...errors import InputError
from ..proof.workload import ProvenByShares
from ..protocol import Request, Task, Value

if TYPE_CHECKING:
    from .kernel import HashKernel
    from .roof import MeasureRoof


class HashWorkload(ProvenByShares):
    """Most of a Workload: a subclass has `name`, `summary`, `binds`, `oracle`, and `kernels`."""

    languages: ClassVar[tuple[str, ...]] = ("llvm", "opencl")

    def kernels(self, info: DeviceInfo, language: str) -> list[HashKernel]:
        """The hash's kernels in a language, likeliest first."""
        raise NotImplementedError

    def measure_roof(self) -> MeasureRoof:
        """What measures the limit of one of these kernels."""
        from .roof import measure_roof

        return measure_roof

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: there is nothing to choose."""
        for name in given:
            raise InputError(f"{self.name} has no parameter {name!r:.40}; leave it out")
        return {}

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload."""
        return ""

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        if any(language in self.languages for language in info.languages):
            return None
        needed = ", ".join(self.languages)
        return f"{info.id} runs no kernels but its own; {self.name} needs a device that compiles {needed}"

    def scanning(self, device: AnyDevice) -> Scans:
        """See ProvenByShares: these kernels, on a device that executes them."""
        from .scanner import KernelScanner, executes

        executing = executes(device)
        language = next(each for each in device.info.languages if each in self.languages)
        return KernelScanner(executing, self.kernels(device.info, language), self.oracle(), self.measure_roof())

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from ..proof.task import HashingTask

        return HashingTask(self.oracle(), self.scanning(device), request)
