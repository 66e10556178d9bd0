"""`hashwatt mine`: our kernels as a client of a pool."""

from __future__ import annotations

import click

from ...kernels.errors import CheckFailed, InputError
from ..exits import Interrupted
from ..integers import INTEGER
from ..output import Output, shared_options
from ..verbose import verbose_option


@click.command(
    epilog="""\b
Examples:
  hashwatt mine stratum+tcp://127.0.0.1:3333 --user rig1         the pool of `hashwatt serve`
  hashwatt mine stratum+ssl://pool.example:443 --login-file login.txt -d opencl:0
  hashwatt mine pool.example:3333 --rolled 16 -t 60 --json | jq .accepted

\b
The file given with --login-file holds USER:PASSWORD on one line; so may the variable
HASHWATT_POOL_LOGIN. Passwords are never shown or stored. The rate by count is what the device hashed,
the rate by shares what the pool accepted: over minutes the two must agree.
Exit codes: 0 done; 1 no share was accepted, or the pool cannot be used; 2 bad input; 130 Ctrl-C.
"""
)
@click.argument("url")
@click.option("--user", metavar="NAME", help="The worker's name at the pool.")
@click.option("--login-file", metavar="FILE", help="Read USER:PASSWORD from this file.")
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
    device: str | None,
    seconds: float | None,
    rolled: int,
    quiet: bool,
) -> None:
    """Mine for a pool with this machine's kernels, and count both hashes and shares."""
    from ...bench.interrupts import Deferred, interruptible, pending
    from ...bench.mining.address import parse_pool, read_login
    from ...bench.mining.run import mine_for
    from ..mining import Narrator

    if seconds is not None and not 0 < seconds <= 1e7:
        raise InputError(f"mining for {seconds:g} s makes no sense; give a positive number of seconds")
    address, in_url = parse_pool(url)
    if in_url is not None:
        output.warn("! a login on the command line can be seen by others of this machine; better: --login-file")
    login = read_login(user, login_file, in_url)
    narrator = Narrator(quiet or output.as_json)
    with Deferred():
        mining = interruptible(lambda: mine_for(address, login, device, rolled, seconds, narrator))
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
        for line in narrator.summary(answer):
            output.line(line)
    if pending():
        raise Interrupted("interrupted; what was done until then is above")
    if not answer.accepted:
        raise CheckFailed(
            f"{answer.pool} accepted no share of {answer.hashes:,} hashes; mine longer, or ask for easier ones"
        )
