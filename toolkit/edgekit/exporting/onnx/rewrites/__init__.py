"""Changes to ONNX graphs, one per file: its formula in the docstring, what it looks for, what it puts there.

A `Rewrite` is tried at every node; the others are functions of a whole graph. All change the graph that they are
given, in onnx-ir's form, and are put in order by `edgekit.exporting.onnx.canonical_form`, `layout`, `weights` and
`integers`.
"""
