"""`hashwatt mine`: our kernels as a client of a pool."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

import click

from ...kernels.errors import CheckFailed, InputError
from ..exits import Interrupted
from ..integers import INTEGER
from ..output import Output, shared_options
from ..sections import SectionedCommand
from ..verbose import verbose_option

if TYPE_CHECKING:
    from ...bench.mining.node import NodeMining
    from ...bench.mining.stratum import Mining


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt mine stratum+tcp://127.0.0.1:3333 --user rig1         the pool of `hashwatt serve`
  hashwatt mine stratum+ssl://pool.example:443 --login-file login.txt -d opencl:0
  hashwatt mine http://127.0.0.1:18443 --login-file rpc.txt --payout bcrt1q…   a node of your own
  hashwatt mine pool.example:3333 --rolled 16 -t 60 --json | jq .accepted

\b
The file given with --login-file holds USER:PASSWORD on one line; so may the variable
HASHWATT_POOL_LOGIN. Passwords are never shown or stored. The rate by count is what the device hashed,
the rate by shares what the pool accepted: over minutes the two must agree.
Exit codes: 0 done; 1 a pool accepted no share, or it cannot be used; 2 bad input; 130 Ctrl-C.
""",
)
@click.argument("url")
@click.option("--user", metavar="NAME", help="The worker's name at the pool.")
@click.option("--login-file", metavar="FILE", help="Read USER:PASSWORD from this file.")
@click.option("--payout", metavar="ADDRESS", help="Where the blocks built for a node pay to (no default).")
@click.option("-d", "--device", metavar="ID", help="Mine on this device (the first one unless given).")
@click.option("-t", "--seconds", type=float, metavar="SECONDS", help="Stop after this time (Ctrl-C unless given).")
@click.option("--rolled", type=INTEGER, default=1, metavar="N", help="Roll N versions (BIP 310) if the pool allows.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
@verbose_option
@shared_options
@click.pass_obj
def mine(
    output: Output,
    url: str,
    user: str | None,
    login_file: str | None,
    payout: str | None,
    device: str | None,
    seconds: float | None,
    rolled: int,
    quiet: bool,
) -> None:
    """Mine for a pool, or a node of your own, with this machine."""
    from ...bench.interrupts import Deferred, interruptible, pending
    from ...bench.mining.address import is_node, parse_node, parse_pool, read_login
    from ...bench.mining.node import Node
    from ...bench.mining.run import mine_for, mine_on
    from ..live.mining import Narrator

    if seconds is not None and not 0 < seconds <= 1e7:
        raise InputError(f"mining for {seconds:g} s makes no sense; give a positive number of seconds")
    narrator = Narrator(quiet or output.as_json)
    begin: Callable[[], Mining | NodeMining]
    if is_node(url):
        node_address, in_url = parse_node(url)
        if payout is None:
            raise InputError("blocks are built here, so say where they pay to: --payout ADDRESS")
        node = Node(node_address, read_login(user, login_file, in_url))
        begin = partial(mine_on, node, payout, device, rolled, seconds, narrator)
    else:
        address, in_url = parse_pool(url)
        if payout is not None:
            raise InputError("a pool builds its blocks itself and pays its workers; leave out --payout")
        begin = partial(mine_for, address, read_login(user, login_file, in_url), device, rolled, seconds, narrator)
    if in_url is not None:
        output.warn("! a login on the command line can be seen by others of this machine; better: --login-file")
    with Deferred():
        mining = cast("Mining | NodeMining", interruptible(begin))
        try:
            try:
                interruptible(mining.run)
            except KeyboardInterrupt:
                if not mining.hashes:
                    raise
        finally:
            narrator.done()
            mining.device.close()
        answer = mining.answer()
    if output.as_json:
        output.document(answer)
    elif not quiet:
        for line in narrator.summary(answer, "blocks" if is_node(url) else "shares"):
            output.line(line)
    if pending():
        raise Interrupted("interrupted; what was done until then is above")
    if not answer.accepted and not is_node(url):
        raise CheckFailed(
            f"{answer.pool} accepted no share of {answer.hashes:,} hashes; mine longer, or ask for easier ones"
        )
