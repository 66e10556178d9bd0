"""The `hashwatt` command: its subcommands, and how each way to end becomes an exit code and one sentence."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence

import click

from ..bench import interrupts
from ..kernels.errors import HashwattError, InputError, shortage_of
from ..kernels.system.numba_settings import default_settings
from ..kernels.system.system_files import check_root
from . import exits
from .commands.claims import claims
from .commands.compare import compare
from .commands.devices import devices
from .commands.fleet import fleet
from .commands.history import history
from .commands.kernel import kernel
from .commands.ladder import ladder
from .commands.meters import meters
from .commands.mine import mine
from .commands.predict import predict
from .commands.report import report
from .commands.rtl import rtl
from .commands.run import run
from .commands.scan import scan
from .commands.serve import serve
from .commands.snapshot import snapshot
from .commands.stamp import stamp
from .commands.verify import verify
from .commands.workloads import workloads
from .not_imported import why_not_imported
from .output import Output, discard_stdout, make_streams_forgiving
from .sections import SectionedGroup

# What writing to stdout fails with; files that we open name themselves in the error.
NOT_WRITABLE = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EBADF)


def show_version(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from .. import __version__

        click.echo(f"hashwatt {__version__}")
        context.exit()


@click.group(
    cls=SectionedGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  hashwatt run                        measure every device of this machine
  hashwatt run -d cpu -t 30           the CPU alone, 30 s of samples
  hashwatt verify hashwatt-….json     check a result, your own or a stranger's
  hashwatt devices                    what can be measured, why not the rest
  hashwatt workloads                  what kinds of work can be measured
  hashwatt meters                     what can measure its energy
  hashwatt report results/ -o x.html  one offline page that compares devices
  hashwatt compare old.json new.json  faster, slower, same, or cannot tell
  hashwatt fleet run tcp://head:8786  every machine of a Dask cluster, one result
  hashwatt ladder hashwatt-….json     your devices on the way from CPU to ASIC

\b
Each command has --help with examples, and --json for scripts (one document on stdout).
Exit codes: 0 done, 1 a check failed, 2 bad input or usage, 3 conditions forbid
a verdict (compare), 128 + signal if interrupted (130 Ctrl-C).
""",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=show_version, help="Show the version."
)
def hashwatt() -> None:
    """Measure how much work this machine's devices do, a second and a joule, with a proof that others can check."""
    check_root()


SECTIONS = {
    "Measure": (run, fleet, devices, workloads, meters),
    "Compare": (compare, history, ladder, claims, predict),
    "Publish and check": (report, verify, stamp),
    "Miners and pools": (serve, mine),
    "Look inside": (kernel, scan, rtl, snapshot),
}
hashwatt.add_sections(SECTIONS)


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Never lets an exception out."""
    make_streams_forgiving()
    output = Output(
        as_json="--json" in arguments,
        debug="--debug" in arguments or os.environ.get("HASHWATT_DEBUG", "0") not in ("", "0"),
        arguments=arguments,
    )
    try:
        with default_settings():
            return run_command(arguments, output)
    except BrokenPipeError:
        discard_stdout()
        return interrupts.exit_code(exits.BROKEN_PIPE)


def code_of(error: HashwattError) -> int:
    """The exit code of an error that is meant for the user."""
    if isinstance(error, InputError):
        return exits.BAD_INPUT
    if isinstance(error, exits.Untold):
        return exits.UNTOLD
    return interrupts.exit_code(exits.INTERRUPTED) if isinstance(error, exits.Interrupted) else exits.CHECK_FAILED


def run_command(arguments: Sequence[str], output: Output) -> int:
    """Run one command line; BrokenPipeError is the only exception it lets out."""
    try:
        # Without standalone mode click returns the code given to Context.exit, or what the command returns: None.
        code = hashwatt.main(list(arguments), prog_name="hashwatt", standalone_mode=False, obj=output)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return exits.BAD_INPUT
    except click.ClickException as error:
        hint = f" (see `{error.ctx.command_path} --help`)" if isinstance(error, click.UsageError) and error.ctx else ""
        output.fail(error.format_message().rstrip("."), hint)
        return exits.BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        output.fail("interrupted")
        return interrupts.exit_code(exits.INTERRUPTED)
    except HashwattError as error:
        if output.debug:
            traceback.print_exc()
        output.details(error)
        output.fail(str(error))
        return code_of(error)
    except BrokenPipeError:
        raise
    except SystemExit as error:
        # What click makes of a broken pipe; it has no other use for it outside standalone mode.
        raise BrokenPipeError from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NOT_WRITABLE and error.filename is None:
            discard_stdout()
            output.fail(f"the answer cannot be written ({error.strerror}); send it to another place")
            # Whoever hangs up takes the terminal along.
            return interrupts.exit_code(exits.CHECK_FAILED)
        if output.debug:
            traceback.print_exc()
        lacking = why_not_imported(error) or shortage_of(error)
        if lacking is not None:
            output.fail(lacking)
            return exits.CHECK_FAILED
        output.fail(f"a mistake in hashwatt ({type(error).__name__}: {error!s:.200}); please report it with --debug")
        return exits.BUG
    return code if isinstance(code, int) else exits.DONE
