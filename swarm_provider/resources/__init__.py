"""What the user types: Pulumi classes with typed arguments. No decisions, and never a word to Docker.

The classes bring what a person writes into wire form and hand it to Pulumi; the plugin does the rest. Importing this
package alone costs nothing: the public names are those of `swarm_provider`.

    arguments/      What a program writes as arguments and options -> wire form
    program/        The program that runs: what it made so far, and how it ends
    args            The shapes of nested arguments, for editors and type checkers; dict literals fit them
    base            What all resource classes share
    bound           What a program binds to the keys of a Release's files -> what the plugin takes
    directory       A directory as configs, one per file, for programs that read a folder such as conf.d
    generated       The resource classes that users type: thin, typed, without decisions
    lookups         Lookups: what is in the swarm, read when the program runs
    stack           The Stack
    stack_children  A read compose project -> the child resources of a Stack, in order, with their references and
                    options
"""
