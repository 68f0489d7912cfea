"""What may be wrong with a candidate that drifts: hints from its scores alone. Decides no verdict."""

from typing import TYPE_CHECKING

from edgekit.metrics.drift import top_classes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_MOVED = 3
"""Images that another order of classes must explain before it is suspected."""


def suspicions(
    reference: "NDArray[np.float32]", candidate: "NDArray[np.float32]", class_names: tuple[str, ...]
) -> tuple[str, ...]:
    """Whole sentences, none where nothing is recognised; arguments as in `measure`."""
    if len(candidate) > 1 and bool((candidate == candidate[0]).all()):
        return ("It gives the same scores for every image: its weights may be lost, or its input never reaches it.",)
    return _other_order(top_classes(reference), top_classes(candidate), class_names)


def _other_order(
    reference: "NDArray[np.int64]", candidate: "NDArray[np.int64]", class_names: tuple[str, ...]
) -> tuple[str, ...]:
    """Whether the candidate names the reference's classes consistently otherwise."""
    import numpy as np

    counts = np.zeros((len(class_names), len(class_names)), dtype=np.int64)
    np.add.at(counts, (reference, candidate), 1)
    seen = np.flatnonzero(counts.sum(axis=1))
    renamed = counts[seen].argmax(axis=1)
    moved = seen != renamed
    shares = counts[seen, renamed] / counts[seen].sum(axis=1)
    is_order = len(set(renamed.tolist())) == len(seen) and bool((shares[moved] > 0.5).all())
    if not is_order or counts[seen, renamed][moved].sum() < MIN_MOVED:
        return ()
    pairs = list(zip(seen[moved], renamed[moved], strict=True))
    named = ", ".join(f"'{class_names[old]}' as '{class_names[new]}'" for old, new in pairs[:5])
    more = f" and {len(pairs) - 5} more" if len(pairs) > 5 else ""
    return (f"Its classes seem to be in another order: it gives {named}{more}. Look at the order of its labels.",)
