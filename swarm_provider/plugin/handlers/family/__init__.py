"""Config and Secret: families of immutable versions.

Names and pruning are decided in plan/families.

    config    Config: a family whose content anyone with access to the Docker API can read
    content   The content that the inputs of a Config or Secret say: what it is, and whether it changed
    identity  Which family a Config or Secret stands for: its state's, one that is there already, or a new one
    reading   What Config and Secret read of a family: its current version as inputs, whoever made it
    secret    Secret: a family whose content is never readable again, and whose names tell nothing about it
    versions  Config and Secret: families of immutable versions
"""
