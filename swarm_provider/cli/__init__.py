"""The command `swarm-provider`: what helps beside `pulumi`.

Thin: it parses arguments and calls other rooms.

    export/       The files of a stack that runs: what `swarm-provider adopt` writes
    __main__      `swarm-provider COMMAND`: arguments in, exit code out
    adopt         `swarm-provider adopt STACK`: the files of a stack that runs, and whose own files are lost
    checkpoints   Whether the states in a folder are whole, and which copy to restore where one is not
    checks        What `doctor` looks at, one function each
    common        What the commands share: exit codes, errors on one line, colour where it is wanted
    doctor        `swarm-provider doctor`: what is wrong with this setup, each with its fix
    plain         `python -m swarm_provider.cli.plain [FILE]`
    refresh_auth  `swarm-provider refresh-auth STACK`
    report        `swarm-provider report`: a preview in, Markdown or HTML out
    rollback      `swarm-provider rollback STACK`: back to what ran before the latest deploy
    status        `swarm-provider status STACK`: the stack as the cluster runs it now
"""
