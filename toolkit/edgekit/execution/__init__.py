"""How files are run: worker processes, sharing of processors, the fastest settings, executors. Compares nothing."""
