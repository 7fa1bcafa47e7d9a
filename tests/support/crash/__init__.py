"""Breaking a command at the n-th thing that it does to its files.

Belongs here: building and loading the library that counts (operations.c), a warm process that runs commands in forked
ones. Does not belong here: what has to hold afterwards (tests/crash).
"""
