"""A name -> a project folder to start from: recipe, data folder, Makefile and a workflow that gates drift.

making.py   checks the name and the folder, and writes the files
files/      the files themselves; NAME_OF_PROJECT stands for the name
"""
