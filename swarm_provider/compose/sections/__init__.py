"""The sections of one file, valid and interpolated -> typed form, for both dialects.

Not here: merging and variables, in which the dialects differ (docker, spec).

    deploy          `deploy:` of a service -> its typed form, and compose's short keys that mean the same (`scale`,
                    `cpus` ...)
    engine_keys     Keys of the compose-spec that Swarm has a word for and docker's CLI none
    environment     `environment`, `env_file` and `label_file` of one service -> maps
    mounts          `volumes:` of a service -> mounts in typed form
    objects         Top-level networks, volumes, configs and secrets of one file -> typed form, with the content of
                    their files
    pulumi_options  `x-pulumi` of a service: what Pulumi shall do with its resource
    service         One service of one file -> its typed form: short forms expanded, env files read, paths made absolute
    swarm_rules     What a manager would refuse when the objects of a file are created
"""
