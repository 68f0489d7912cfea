"""Finds the smallest file that keeps to a budget of drift, on the validation images; the test split measures once."""

from edgekit.search.budget import Budget
from edgekit.search.trial import Trial

__all__ = ["Budget", "Trial"]
