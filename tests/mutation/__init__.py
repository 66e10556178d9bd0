"""Mutation testing: is there a test for each thing that a module decides?

`python -m tests.mutation` changes one small thing of a module at a time (a comparison, a number, an operator, a
dropped statement), runs the tests that belong to the module, and lists the changes that none of them notices. The tree
itself is left alone: all happens in a copy. A tool of our own, since mutmut and cosmic-ray want a package in one
folder under its own name, and start an interpreter for each change.
"""
