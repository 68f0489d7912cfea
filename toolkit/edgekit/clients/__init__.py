"""Other inference engines that run exported files, each in its own process and its own environment.

A client gives scores through the protocol of `edgekit.runtimes.base`, so a runtime is a client too. What only compiles
a file gives an `NpuShare` instead. Knows no reference model and no label: a client is compared with the usual runtime
on the same file.
"""

from edgekit.foundation.callable_package import make_callable

make_callable(__name__, "edgekit.api.comparisons:clients")
