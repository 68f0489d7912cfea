"""How far a command is: bars on a terminal, lines elsewhere."""
