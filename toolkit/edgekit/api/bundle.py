"""`edgekit.bundle`, `check_golden`, `verify_bundle` and `publish`: what an app developer receives, and how."""

import os
from pathlib import Path

from edgekit.api.arguments import (
    AnyPath,
    Names,
    as_data,
    as_path,
    chosen_runtime_names,
    parsed_precisions,
    public,
    run_or_file,
    shown_progress,
)
from edgekit.bundle.golden.checking import GoldenReport, check_golden_vectors
from edgekit.bundle.job import BundleReport, BundleRequest, bundle_request
from edgekit.bundle.verification import BundleCheck, check_bundle
from edgekit.datasets import Dataset
from edgekit.foundation.errors import UnknownNameError, UsageError
from edgekit.foundation.progress import Progress
from edgekit.publishing.destination import EXPECTED, HubRepository
from edgekit.publishing.job import PublishReport, publish_request
from edgekit.rendering.output_files import ARCHIVE
from edgekit.verification.verdict.targets import Target

VISIBILITIES = ("private", "public")


@public
def bundle(
    run: AnyPath | None = None,
    *,
    target: str | None = None,
    precisions: Names = (),
    data: AnyPath | Dataset | None = None,
    test_data: AnyPath | None = None,
    skip_broken: bool = False,
    out: AnyPath | None = None,
    no_images: bool = False,
    unverified: bool = False,
    sign: AnyPath | None = None,
    progress: Progress | bool | None = None,
) -> BundleReport:
    """Write one zip with the model files of a run, labels, model card, golden vectors, code and checksums.

    The same run gives the same bytes.

    Args:
        run: The run; None: the newest.
        target: Only the files that run there: "android", "ios", "web", "mcu" or "server"; None: all.
        precisions: Only these precisions; empty: all.
        data: The run's data, for golden images: "NAME", "NAME:PATH" or a loaded data set; None: where it was last used.
        test_data: Where the test images are, "NAME:PATH" or a path; None: in `data`.
        skip_broken: Leave broken images out, as the run did.
        out: The zip; None: RUN-bundle.zip or RUN-TARGET.zip in the current folder.
        no_images: No photographs in the bundle: golden images are synthetic.
        unverified: Bundle files that were never verified, drift, or were exported again since; the card says so.
        sign: A private SSH key that signs the checksums.
        progress: True to show progress on stderr; silent by default.

    Raises:
        EdgekitError: The run or its data is missing, changed or not verified, or a file does not run.
    """
    request = requested(
        run,
        target=target,
        precisions=precisions,
        data=data,
        test_data=test_data,
        skip_broken=skip_broken,
        out=None if out is None else ARCHIVE.checked(Path(out)),
        no_images=no_images,
        unverified=unverified,
        sign=sign,
    )
    return bundle_request(request, progress=shown_progress(progress))


@public
def publish(
    run: AnyPath | None = None,
    *,
    to: str | None = None,
    target: str | None = None,
    precisions: Names = (),
    data: AnyPath | Dataset | None = None,
    test_data: AnyPath | None = None,
    skip_broken: bool = False,
    no_images: bool = False,
    unverified: bool = False,
    sign: AnyPath | None = None,
    visible: str = "private",
    dry_run: bool = False,
    progress: Progress | bool | None = None,
) -> PublishReport:
    """Upload what `edgekit.bundle` packs to a repository of the Hugging Face hub, with the model card as README.md.

    Everything is one commit: an upload that is interrupted changes nothing. Files of an earlier bundle that this one
    does not have are removed; files of anybody else never are.

    Args:
        run: The run; None: the newest.
        to: "hub:USER/REPO"; required. The repository is created if it does not exist.
        target: Only the files that run there: "android", "ios", "web", "mcu" or "server"; None: all.
        precisions: Only these precisions; empty: all.
        data: The run's data, for golden images: "NAME", "NAME:PATH" or a loaded data set; None: where it was last used.
        test_data: Where the test images are, "NAME:PATH" or a path; None: in `data`.
        skip_broken: Leave broken images out, as the run did.
        no_images: No photographs: golden images are synthetic.
        unverified: Publish files that were never verified, drift, or were exported again since; the card says so.
        sign: A private SSH key that signs the checksums.
        visible: "private" or "public", for a new repository; one that exists stays as it is.
        dry_run: Upload nothing; needs neither network nor token.
        progress: True to show progress on stderr; silent by default.

    Returns:
        The files, and what the commit did.

    Raises:
        PublishError: Nobody is logged in, the hub refuses or cannot be reached, or the repository holds other files.
        EdgekitError: The run or its data is missing, changed or not verified, or a file does not run.
    """
    if visible not in VISIBILITIES:
        raise UnknownNameError("visibility", visible, VISIBILITIES)
    request = requested(
        run,
        target=target,
        precisions=precisions,
        data=data,
        test_data=test_data,
        skip_broken=skip_broken,
        no_images=no_images,
        unverified=unverified,
        sign=sign,
    )
    if to is None:
        raise UsageError(f"Nothing says where to publish. {EXPECTED}. Give --to hub:USER/REPO")
    return publish_request(
        request,
        HubRepository.parse(to),
        is_private=visible == "private",
        is_dry_run=dry_run,
        progress=shown_progress(progress),
    )


def requested(
    run: AnyPath | None,
    *,
    target: str | None = None,
    precisions: Names,
    data: AnyPath | Dataset | None,
    test_data: AnyPath | None,
    skip_broken: bool,
    no_images: bool,
    unverified: bool = False,
    out: AnyPath | None = None,
    sign: AnyPath | None = None,
) -> BundleRequest:
    """What `bundle`, `publish` and `demo_page` mean with these arguments; raises UsageError for what has no effect."""
    if no_images and (data is not None or test_data is not None or skip_broken):
        raise UsageError("--no-images needs no data. Leave --data, --test-data and --skip-broken out.")
    return BundleRequest(
        run=run_or_file(run),
        target=None if target is None else Target.parse(target),
        precisions=parsed_precisions(precisions),
        data=as_data(data),
        test_data=None if test_data is None else os.fspath(test_data),
        skip_broken=skip_broken,
        out=as_path(out),
        is_synthetic=no_images,
        is_unverified_accepted=unverified,
        key=as_path(sign),
    )


@public
def check_golden(bundle: AnyPath, *, runtimes: Names = (), progress: Progress | bool | None = None) -> GoldenReport:
    """Run the golden vectors of a bundle, and compare what comes out with what the bundle expects.

    Args:
        bundle: The zip, or the folder that it was unpacked to.
        runtimes: Only these runtimes; empty: all that work here.
        progress: True to show progress on stderr; silent by default.

    Returns:
        One row per file and runtime; `exit_status` is 0 if all are within tolerance, 3 if one is not, 1 for an
        error.

    Raises:
        EdgekitError: It is not a bundle, or no runtime works here.
    """
    return check_golden_vectors(Path(bundle), chosen_runtime_names(runtimes), shown_progress(progress))


@public
def verify_bundle(
    bundle: AnyPath,
    *,
    require_signature: bool = False,
    signer: AnyPath | None = None,
    progress: Progress | bool | None = None,
) -> BundleCheck:
    """Check every file of a bundle against its checksums, its signature, and its golden vectors in every runtime.

    Args:
        bundle: The zip, or the folder that it was unpacked to.
        require_signature: It must be signed by `signer`.
        signer: The public SSH key that must have signed it.
        progress: True to show progress on stderr; silent by default.

    Returns:
        What is wrong; `exit_status` is 0 if nothing is.

    Raises:
        EdgekitError: It cannot be read at all, or holds what no bundle holds.
    """
    if require_signature and signer is None:
        raise UsageError(
            "--require-signature needs the key of a signer that you trust, because anyone can sign: --signer KEY.pub"
        )
    return check_bundle(Path(bundle), as_path(signer), shown_progress(progress))
