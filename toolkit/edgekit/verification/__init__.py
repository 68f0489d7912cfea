"""Reference + candidates -> report: does what ships still do what the float model did?"""
