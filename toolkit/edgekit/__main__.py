"""`python -m edgekit` and the `edgekit` command."""


def main() -> None:
    """Run the command line; ends the process with its exit status."""
    from edgekit.cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
