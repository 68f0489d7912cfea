"""The effect of pruning and clustering on a network's layers and on a file's kernels. Measures nothing."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgekit.rendering.terminal.tables import Column, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from edgekit.inspection.kernels import FileKernels

_COUNTS = (
    Column(name="weights", align="right", wrap=False),
    Column(name="zeros", align="right", wrap=False),
    Column(name="distinct", align="right", wrap=False),
)


def print_layers(layers: Sequence[Mapping[str, Any]], console: "Console") -> None:
    """Print the layers of a compressed network, as they are in its manifest."""
    rows = [
        [each["layer"], each["kind"], *_counts(each["num_weights"], each["num_zeros"], each["num_distinct"])]
        for each in layers
    ]
    print_table("Weights of the new network", ("layer", "kind", *_COUNTS), rows, console=console)


def print_kernels(found: "FileKernels", console: "Console | None" = None) -> None:
    """Print the kernels of a file."""
    rows = [
        [
            each.name,
            each.dtype,
            *_counts(each.num_weights, each.num_zeros, each.num_distinct),
            f"{each.num_distinct_in_a_channel:,}",
        ]
        for each in found.kernels
    ]
    columns = ("kernel", "stored as", *_COUNTS, Column(name="in a channel", align="right", wrap=False))
    print_table(describe_file(found), columns, rows, console=console)


def describe_file(found: "FileKernels") -> str:
    """One line: size, zipped size, share of zeros, distinct values."""
    most = max((each.num_distinct_in_a_channel for each in found.kernels), default=0)
    return (
        f"{found.size_bytes / 1000:,.1f} kB, zipped {found.zipped_bytes / 1000:,.1f} kB; "
        f"{found.sparsity:.1%} of its weights are zero; at most {most:,} distinct values in a channel"
    )


def _counts(num_weights: int, num_zeros: int, num_distinct: int) -> list[str]:
    return [f"{num_weights:,}", f"{num_zeros / num_weights:.1%}", f"{num_distinct:,}"]
