"""From a pool's address and a device's id to mining that can begin."""

from __future__ import annotations

from ...kernels.device import DeviceOptions, Scans, scanning
from ...kernels.headers.genesis import GENESIS_NONCE
from ...kernels.workloads.sha256d.oracle import check_known_answer, genesis_job
from ..api import device_to_scan_with
from ..machine.describe import hashwatt_version
from .address import Login, PoolAddress
from .client import PoolClient
from .node import Node, NodeMining
from .stratum import Mining, Watch


def mine_for(
    address: PoolAddress, login: Login, device_id: str | None, rolled: int, seconds: float | None, watch: Watch
) -> Mining:
    """Open the device, and get ready to mine for a pool. Raises InputError, DeviceError."""
    device = tested_device(device_id, watch)
    return Mining(device, address, PoolClient(login, rolled), f"hashwatt/{hashwatt_version()}", watch, seconds)


def mine_on(
    node: Node, payout: str, device_id: str | None, rolled: int, seconds: float | None, watch: Watch
) -> NodeMining:
    """Open the device, and get ready to mine blocks for a node. Raises InputError, DeviceError."""
    return NodeMining(tested_device(device_id, watch), node, payout, rolled, watch, seconds)


def tested_device(device_id: str | None, watch: Watch) -> Scans:
    """An open device that has shown that it hashes rightly. Raises InputError, DeviceError."""
    device = scanning(device_to_scan_with(device_id).open(DeviceOptions()))
    try:
        watch.event(f"{device.info.id}: compiling, self-test")
        job = genesis_job(1)
        device.prepare(job)
        check_known_answer(device, job, range(GENESIS_NONCE - 201, GENESIS_NONCE + 100))
    except BaseException:
        device.close()
        raise
    return device
