"""`edgekit verify-bundle`: whether a bundle is unchanged."""

import click

from edgekit.cli.grouped_help import GroupedCommand
from edgekit.cli.options import PATH, json_option, make_progress, one_argument, others_to_stderr, print_json


@click.command("verify-bundle", cls=GroupedCommand)
@one_argument("bundle", "ZIP", kind="", required=True)
@click.option("--require-signature", is_flag=True, help="It must be signed, by the key of --signer.")
@click.option("--signer", type=PATH, metavar="KEY.pub", help="The public SSH key that must have signed it.")
@json_option
def command(bundle: str, require_signature: bool, signer: str | None, as_json: bool) -> int:
    """Check every file of a bundle: checksums, missing and added files, the signature, then the golden vectors.

    ZIP is what edgekit bundle wrote, or the folder that it was unpacked to. A zip with paths outside its folder, links,
    or more in it than it can hold is rejected before anything is unpacked.

    \b
    Exit status: 0 unchanged, 1 changed or not signed, 3 outputs differ.

    \b
    edgekit verify-bundle first-bundle.zip
    edgekit verify-bundle first-bundle.zip --require-signature --signer release.pub
    """  # noqa: D301 - click wants the backspace itself
    from edgekit.api.bundle import verify_bundle

    with others_to_stderr():
        check = verify_bundle(bundle, require_signature=require_signature, signer=signer, progress=make_progress())
    if as_json:
        print_json(check.to_dict())
        return check.exit_status
    for fault in check.faults:
        click.echo(fault)
    if check.golden is None:
        click.echo("Do not use this bundle: get it again from its author.")
        return check.exit_status
    from edgekit.cli.check_golden import print_golden

    print_golden(check.golden)
    click.echo(f"{check.num_files} files are unchanged. Signature: {check.signature}.")
    click.echo(f"Verification: {check.status}")
    return check.exit_status
