"""`hashwatt snapshot`: this machine's sensors and topology as a tree of files, for bug reports."""

from __future__ import annotations

import click

from ...reports.wording.visible import visible
from ..files import refuse_no_name, refuse_unless_new, write_whole
from ..output import Output, as_unicode, shared_options
from ..sections import SectionedCommand


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt snapshot -o machine.tar            write it
  tar -tf machine.tar                         see what is in it, before you send it
  mkdir m && tar -xf machine.tar -C m
  HASHWATT_ROOT=m hashwatt meters             what hashwatt makes of it, on any machine
""",
)
@click.option("-o", "--output", "target", required=True, metavar="FILE.tar", help="Where to write the archive.")
@click.option("--force", is_flag=True, help="Write over FILE.tar if there is one.")
@shared_options
@click.pass_obj
def snapshot(output: Output, target: str, force: bool) -> None:
    """Write what hashwatt reads of this machine to a file, for reports."""
    from ...bench.result.file import check_writable, is_result
    from ...bench.snapshot import as_tar
    from ...bench.snapshot import snapshot as take
    from ...kernels.errors import InputError

    refuse_no_name(target)
    check_writable(target)
    if is_result(target):
        raise InputError(f"{visible(target, 200)} holds a measurement; write the snapshot under another name")
    refuse_unless_new(target, force)
    files, links = take()
    write_whole(target, as_tar(files, links))
    if output.as_json:
        output.document({"file": as_unicode(target), "files": [file.path for file in files], "links": links})
        return
    output.line(f"Wrote {len(files)} files to {target}; see what they are with `tar -tf {target}` before you send it.")
