"""YAML text -> a tree that knows the line of every key.

Not here: what a key means.

    reader   YAML text -> tree, read as go-yaml v3 does (the library of the docker CLI)
    scalars  One scalar of a YAML file -> its value, as go-yaml v3 resolves it (resolve.go)
    tabs     Tabs where yaml 4.0.0 (compose-go's library) takes them for blanks, and libyaml, as docker's, refuses the
             file
    tree     What a compose file is between reading and converting: plain maps and lists that know where they stand
"""
