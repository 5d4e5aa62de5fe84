"""The command `swarm-provider`: what helps beside `pulumi`.

Thin: it parses arguments and calls other rooms.

    __main__      `swarm-provider COMMAND`: arguments in, exit code out
    adopt         `swarm-provider adopt STACK`: the files of a stack that runs, and whose own files are lost
    checkpoints   Whether the states in a folder are whole, and which copy to restore where one is not
    checks        What `doctor` looks at, one function each
    common        What the commands share: exit codes, errors on one line, colour where it is wanted
    doctor        `swarm-provider doctor`: what is wrong with this setup, each with its fix
    plain         `python -m swarm_provider.cli.plain [FILE]`
    program_text  A running stack as a Python program, and the list with which `pulumi import` adopts it
    refresh_auth  `swarm-provider refresh-auth STACK`
    report        `swarm-provider report`: a preview in, Markdown or HTML out
    stack_export  Reading a stack that runs from the swarm, and writing the files that describe it
    status        `swarm-provider status STACK`: the stack as the cluster runs it now
"""
