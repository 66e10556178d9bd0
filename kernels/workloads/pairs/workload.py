"""What the workloads that multiply pairs have in common as workloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from ...device import AnyDevice, DeviceInfo, Executes
from ...errors import InputError
from ..evidence import Claim, Evidence, EvidenceKind, Finding
from ..languages import no_language
from ..protocol import Request, Task, Value
from ..suite import Suite
from .product import Product
from .task import PairTask, operand_bytes, product_bytes
from .verify import check_answers, compute_again

LANGUAGES = ("numba", "opencl", "python")
# A simulator does about so many operations in a second; a product shall not take it a minute.
MOST_SIMULATED = 50_000_000


class PairWorkload:
    """See Workload, of which it lacks the names and the quantity; `product_of` makes the product of parameters."""

    name: str
    suite: Suite | None
    evidence_kind: EvidenceKind = "recompute"

    def product_of(self, number: str, size: int) -> Product:
        """The product of these parameters."""
        raise NotImplementedError

    def defaults(self) -> Mapping[str, Value]:
        """The parameters where nothing is given."""
        raise NotImplementedError

    def numbers(self) -> tuple[str, ...]:
        """The formats of numbers that it knows, the usual one first."""
        raise NotImplementedError

    def parameters_of(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """See Workload: a format of numbers and a size."""
        parameters = {**self.defaults(), **given}
        unknown = [name for name in given if name not in self.defaults()]
        if unknown:
            raise InputError(f"{self.name} has no {unknown[0]!r:.40}; it has number and size")
        number, size = parameters["number"], parameters["size"]
        if number not in self.numbers():
            raise InputError(f"{self.name} has no numbers of {number!r:.40}; there are {', '.join(self.numbers())}")
        assert self.suite is not None
        bounds = self.suite.size
        assert bounds is not None
        if type(size) is not int or not bounds.smallest <= size <= bounds.largest:
            raise InputError(f"{self.name} takes {bounds.smallest} to {bounds.largest} {bounds.what}, not {size!r:.40}")
        return parameters

    def variant_text(self, parameters: Mapping[str, Value]) -> str:
        """See Workload."""
        size = parameters.get("size")
        other = size if size != self.defaults()["size"] else None
        return " ".join(str(each) for each in (parameters.get("number", ""), other and f"size {other}") if each)

    def why_not(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> str | None:
        """See Workload."""
        missing = no_language(info, self.name, LANGUAGES)
        if missing is not None:
            return missing
        number = str(parameters["number"])
        if number == "float64" and info.numbers and number not in info.numbers:
            return f"{info.id} has no 64-bit floats"
        product = self._product(parameters)
        work = product.lines * product.line_units
        if info.simulator and work > MOST_SIMULATED:
            return f"{info.id} is a simulator, which would take hours for {self.name}; give a smaller --size"
        layout = product.layout(info)
        needed = operand_bytes(product, layout) + product_bytes(product, layout)
        if info.memory_bytes is not None and needed > info.memory_bytes // 2:
            return (
                f"{info.id} has {info.memory_bytes >> 20} MiB free, and {self.name} wants half of it to be "
                f"{needed >> 20} MiB; give a smaller --size"
            )
        return None

    def bind(self, device: AnyDevice, request: Request) -> Task:
        """See Workload."""
        return PairTask(cast(Executes, device), request, self.name, self._product(request.parameters))

    def verify(self, evidence: Evidence, claim: Claim) -> Sequence[Finding]:
        """See Workload: whether the answers account for the work."""
        try:
            product = self._product(self.parameters_of(claim.parameters))
        except InputError as error:
            return [Finding(code="parameters", ok=False, sentence=str(error))]
        return check_answers(product, evidence, claim, self.name)

    def recompute(
        self, evidence: Evidence, claim: Claim, count: int, device: AnyDevice, advance: Callable[[int], None]
    ) -> Sequence[Finding]:
        """See Workload: with numpy on this machine's CPU, whatever the device."""
        return compute_again(self._product(self.parameters_of(claim.parameters)), evidence, claim, count, advance)

    def _product(self, parameters: Mapping[str, Value]) -> Product:
        return self.product_of(str(parameters["number"]), int(parameters["size"]))
