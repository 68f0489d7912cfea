"""The public functions: one for each command, with the same name and the same options; `edgekit.train` is one of them.

    arguments.py        what may be given for a path, a name, a list; wrong types become sentences
    command_line.py     a call as the command that does the same
    train.py, run.py    training options are declared in both, so that editors and help show them
    lists.py            recipes, data sets, runtimes, doctor; what one file holds
    bundle.py           bundle, check_golden, verify_bundle
    (the others)        one function each

A function converts what it is given, makes one request of a part of edgekit, writes what the command writes, and
returns the report. A command parses with click, calls its function and renders. Nothing here knows click.
"""
