"""The rules of docker's CLI: `docker stack deploy`.

Not here: what both dialects share (common).

    interpolation  `${VAR}` -> text, as the docker CLI substitutes it, with its casts
    merge          Several files -> one, by the rules of the docker CLI (not those of the compose-spec)
"""
