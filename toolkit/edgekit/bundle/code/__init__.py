"""Source code for apps, generated for one model: a language per module, `generator.py` has the table of them."""
