"""Networks and model files that tests share: of other tools, with planted faults, of every kind of output."""
