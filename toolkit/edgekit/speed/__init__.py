"""How fast files are: latency, throughput, time to load and memory, each measured while nothing else runs."""
