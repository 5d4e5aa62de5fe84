"""What both dialects and all sections share. It knows YAML's trees, and neither dialect's rules.

Not here: what a section means (sections).

    acceptance      Is a tree valid by a JSON schema? Yes or no, quickly
    context         The user's files that compose files name: how they are found and read
    dialect         The two dialects of compose files, by name, and one document of a file in one of them
    raw_env_file    Env files in the docker CLI's format, which the compose-spec calls `raw`
    scalars         Single values of a compose file
    substitution    Variables in a tree: the walk that both dialects share
    typed_form      The typed form: what the sections of one file are read into
    unsupported     Keys that are valid and that Swarm, or the docker CLI's way to it, does not support
    validation      Is a file valid, and does Swarm have a word for all of it? -> Problems with file and line
"""
