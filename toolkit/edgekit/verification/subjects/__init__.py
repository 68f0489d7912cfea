"""Who is compared, and how each is fed and read."""
