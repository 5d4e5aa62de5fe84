"""The rules of the compose-spec, as compose-go has them: `docker compose`.

Not here: what both dialects share (common).

    env_file       `.env` files and env files in the compose-spec's format
    expansion      Compose files -> one tree
    extends        `extends`: a service that begins as a copy of another one, of the same file or of another
    include        `include`
    interpolation  `${VAR}` -> text, as the compose-spec substitutes it
    long_forms     One form for what can be written in several, so that trees can be merged
    merge          Two trees -> one, by the rules of the compose-spec
    paths          Paths of a tree that comes from another folder than the project's -> absolute ones, by the
                   compose-spec's rules
    settle         A merged tree of the compose-spec's dialect -> the same in words that are read alike in both dialects
    shell_words    A command's text -> its words, as go-shellwords splits it, which compose-go uses
    tags           `!reset` and `!override`: what a file takes away from the files before it
    variables      The variables of a project: those of the caller, over those of `.env` files
"""
