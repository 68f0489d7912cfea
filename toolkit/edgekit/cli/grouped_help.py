"""The help of a command: its options under headings, in the order of the work. Loads no command."""

from collections.abc import Mapping

import click

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Main options": (
        "precisions", "float32", "float16", "dynamic", "int8", "int16x8", "everything", "formats", "max_flips",
        "prune", "cluster", "qat", "output_kind", "check_calibration", "split", "weights", "target",
        "no_images", "unverified", "compare",
    ),
    "Checks": (
        "runtimes", "reference", "pairwise", "sample", "sequential", "confidence", "images",
        "threads", "rounds", "seconds", "throughput", "clients", "install",
        "require_signature", "signer",
    ),
    "Training": (
        "epochs", "learning_rate", "batch_size", "class_weights", "validation_fraction", "recipe", "backend",
        "mixed_precision", "devices", "workers", "worker", "tensorboard", "resume", "restart",
    ),
    "Your data": (
        "data", "test_data", "image_size", "resize", "resize_check", "antialias", "exif", "color", "skip_broken",
    ),
    "Your model": (
        "input_range", "channel_order", "labels", "output", "output_name", "positive_class", "threshold",
        "custom_objects", "input_check", "reference_input_range", "reference_channel_order", "reference_labels",
        "reference_output_name",
    ),
    "Limits": (
        "max_accuracy_drop", "max_f1_drop", "min_agreement", "max_score_difference", "max_worsening",
        "require_conclusive", "max_slowdown", "allow_reference_change", "allow_looser_limits",
    ),
    ".tflite files": (
        "io", "batch", "quantizer", "float_head", "per_tensor", "float_layers", "strict_int8", "allow_flex",
    ),
    ".onnx files": ("layout", "ort_target", "onnx_activations", "reduce_range"),
    "Calibration": ("calibration", "percentile", "calibration_images"),
    "Metadata": ("no_metadata", "author", "license", "model_version"),
    "Advanced": (
        "seed", "jobs", "retune", "timeout", "reference_kernel_images", "all_images", "no_fold", "keep_doubtful",
        "node_modules", "dry_run",
    ),
    "Output": (
        "to", "visible", "out", "serve", "port", "sign", "html", "figure", "top", "by_runtime", "for_targets",
        "verbose", "markdown", "as_json",
    ),
}  # fmt: skip
"""Heading -> the parameters below it, by their names in Python."""

OTHER = "Other options"
"""The heading for options without a group; a test keeps it empty."""


def heading_of(parameter: click.Parameter) -> str:
    """The heading under which the help shows an option."""
    if "--help" in parameter.opts:
        return "Output"
    return next((heading for heading, names in GROUPS.items() if parameter.name in names), OTHER)


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups, and of whose options none is overruled by a later one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; an option of one value that is given again is rejected, where click takes the last."""
        wants_help = not set(args).isdisjoint(self.get_help_option_names(ctx))
        if not ctx.resilient_parsing and not wants_help:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            given = [
                each for each in order if isinstance(each, click.Option) and not each.is_flag and not each.multiple
            ]
            for option in dict.fromkeys(given):
                if (count := given.count(option)) > 1:
                    name = max(option.opts, key=len)
                    raise click.UsageError(f"{name} takes one value. Received {count} of them. Give it once.", ctx)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section per heading that has an option here; within it in the order of the command."""
        sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*GROUPS, OTHER)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and not isinstance(parameter, click.Argument):
                sections[heading_of(parameter)].append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
