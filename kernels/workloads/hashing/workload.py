"""What every hash has in common whose kernels are ours: a device runs them, and shares prove them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, cast

from ...device import AnyDevice, DeviceInfo, Scans
from ...errors import InputError
from ..languages import no_language
from ..proof.workload import ProvenByShares
from ..protocol import Request, Task, Value
from ..suite import Suite

if TYPE_CHECKING:
    from ..proof.oracle import Oracle
    from .kernel import HashKernel
    from .roof import MeasureRoof


class HashWorkload(ProvenByShares):
    """Most of a Workload: a subclass has `name`, `summary`, `binds`, `oracle`, and `kernels`."""

    races: ClassVar[bool] = True
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
        return no_language(info, self.name, self.languages)

    def scanning(self, device: AnyDevice, anew: bool = False) -> Scans:
        """See ProvenByShares: these kernels, on a device that executes them. `anew`: see KernelScanner."""
        from .scanner import KernelScanner, executes

        executing = executes(device)
        language = next(each for each in device.info.languages if each in self.languages)
        kernels = self.kernels(device.info, language)
        return KernelScanner(executing, kernels, self.oracle(), self.measure_roof(), anew)

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        from ..proof.task import HashingTask

        return HashingTask(self.oracle(), self.scanning(device, request.retune), request)


class GraphHash(HashWorkload):
    """A hash whose kernels all come from its graph.

    Its package has `description.header_graph`, `kernels`, which a source for a CPU names, and `oracle.ORACLE`.
    """

    binds = "logic"
    suite: Suite | None = Suite(other_s=2.0, least_s=1.0)

    def __init__(self, package: str, name: str, summary: str) -> None:
        """The hash of a package; nothing of it is imported before it is needed."""
        self.name = name
        self.summary = summary
        self._package = package

    def oracle(self) -> Oracle:
        """See ProvenByShares."""
        return cast("Oracle", import_module(".oracle", self._package).ORACLE)

    def kernels(self, info: DeviceInfo, language: str) -> list[HashKernel]:
        """See HashWorkload."""
        from . import llvm, opencl

        graph = import_module(".description", self._package).header_graph()
        if language == "llvm":
            return llvm.kernels(graph, f"{self._package}.kernels")
        return opencl.kernels(graph, info)
