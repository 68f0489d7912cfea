"""Reference + candidates -> report: does every file still behave like the float model?"""
