"""Hosts with addresses of their own on one machine: network namespaces on a bridge, each with its own host name.

A worker in one is as far from the others as one on another machine: its link can be cut, and what it is called is its
own. Cores and clock are shared. It takes root, and iproute2.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

PORT = 8786
START_S = 120.0


def why_not() -> str:
    """Why there can be no hosts here; empty where there can."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
        return "takes root on Linux, iproute2 and unshare"
    tried = f"hw{os.getpid() % 10000}t"
    if subprocess.run(["ip", "netns", "add", tried], capture_output=True, check=False).returncode:
        return "network namespaces cannot be made here"
    subprocess.run(["ip", "netns", "del", tried], check=False)
    return ""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Host:
    """A namespace with an address, and the worker in it."""

    name: str
    namespace: str
    link: str
    process: subprocess.Popen[bytes] | None = None

    def worker_processes(self) -> list[psutil.Process]:
        """The worker, and all that it has started."""
        assert self.process is not None
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def measuring(self) -> list[psutil.Process]:
        """The measuring processes of its workers."""
        return [one for one in self.worker_processes() if "hashwatt.bench.fleet.member" in " ".join(_command(one))]

    def cut(self) -> None:
        """Nothing gets through any more, in neither direction."""
        ip("link", "set", self.link, "down")

    def join(self) -> None:
        """The link is up again."""
        ip("link", "set", self.link, "up")


@dataclass
class Bridge:
    """A scheduler on a bridge, and hosts around it."""

    folder: Path
    tag: str = field(default_factory=lambda: f"hw{os.getpid() % 10000}")
    hosts: list[Host] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def net(self) -> str:
        return f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"

    @property
    def address(self) -> str:
        return f"tcp://{self.net}.1:{PORT}"

    def build(self) -> None:
        ip("link", "add", f"{self.tag}b", "type", "bridge")
        ip("addr", "add", f"{self.net}.1/24", "dev", f"{self.tag}b")
        ip("link", "set", f"{self.tag}b", "up")
        self.start([], "scheduler", "--host", f"{self.net}.1", "--port", str(PORT), "--no-dashboard")

    def start(self, before: list[str], kind: str, *words: str, **given: Any) -> subprocess.Popen[bytes]:
        command = [*before, sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
        process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, **given)
        self.processes.append(process)
        return process

    def host(self, name: str, *words: str, nanny: bool = False, environment: Mapping[str, str] | None = None) -> Host:
        """Another host, with a worker in it."""
        number = len(self.hosts) + 2
        host = Host(name, f"{self.tag}n{number}", f"{self.tag}v{number}")
        inside = f"{self.tag}i{number}"
        ip("netns", "add", host.namespace)
        ip("link", "add", host.link, "type", "veth", "peer", "name", inside)
        ip("link", "set", host.link, "master", f"{self.tag}b", "up")
        ip("link", "set", inside, "netns", host.namespace)
        for line in (["addr", "add", f"{self.net}.{number}/24", "dev", inside], ["link", "set", inside, "up"]):
            ip("-n", host.namespace, *line)
        ip("-n", host.namespace, "link", "set", "lo", "up")
        self.hosts.append(host)
        called = ["unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh"]
        folder = self.folder / name
        folder.mkdir()
        host.process = self.start(
            ["ip", "netns", "exec", host.namespace, *called],
            "worker", self.address, "--nthreads", "1", "--no-dashboard", "--name", name,
            "--nanny" if nanny else "--no-nanny", "--local-directory", str(folder), *words,
            env={**os.environ, **(environment or {})}, cwd=folder,
        )  # fmt: skip
        return host

    def wait_for_workers(self) -> None:
        """Until the scheduler knows as many as there are hosts."""
        from distributed import Client

        connect: Any = Client
        with connect(self.address, timeout=START_S, set_as_default=False) as client:
            client.wait_for_workers(len(self.hosts), timeout=START_S)

    def tear_down(self) -> None:
        for process in self.processes:
            with contextlib.suppress(psutil.Error):
                for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
                    with contextlib.suppress(psutil.Error):
                        one.send_signal(signal.SIGKILL)
            process.wait()
        for host in self.hosts:
            subprocess.run(["ip", "link", "del", host.link], capture_output=True, check=False)
            subprocess.run(["ip", "netns", "del", host.namespace], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", f"{self.tag}b"], capture_output=True, check=False)


@contextlib.contextmanager
def bridge(folder: Path) -> Iterator[Bridge]:
    """A scheduler with no hosts yet; all of it is gone afterwards."""
    made = Bridge(folder)
    try:
        made.build()
        yield made
    finally:
        made.tear_down()


def wait_until(what: str, is_so: Any, seconds: float = 120.0) -> None:
    """Wait for it, far longer than it takes."""
    limit_s = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < limit_s, f"not so after {seconds:.0f} s: {what}"
        time.sleep(0.05)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
