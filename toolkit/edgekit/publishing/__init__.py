"""A run -> a repository of the Hugging Face hub that holds what a bundle holds.

destination.py   where to: "hub:USER/REPO"
hub.py           the hub: token, repository, one commit; every failure in one sentence
job.py           the path from a run to the commit
"""
