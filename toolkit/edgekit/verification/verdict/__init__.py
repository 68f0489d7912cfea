"""From measurements to verdicts, reasons, advice and the report document. Knows no array of scores."""
