"""The files of a stack that runs: what `swarm-provider adopt` writes.

Not here: how a compose file is written (compose.write).

    program_text  A running stack as a Python program, and the list with which `pulumi import` adopts it
    stack_export  Reading a stack that runs from the swarm, and writing the files that describe it
"""
