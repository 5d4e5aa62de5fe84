"""A service's canonical inputs <-> Docker's ServiceSpec, part by part.

Not here: comparing two specs (convert).

    container   The container's part of a service <-> TaskTemplate.ContainerSpec
    deploy      `deploy` of a service <-> Mode, UpdateConfig, RollbackConfig, and what TaskTemplate holds besides the
                container
    mounts      `volumes` of a service <-> ContainerSpec.Mounts
    privileges  `security_opt` <-> the parts of ContainerSpec.Privileges besides the credential spec
    spec        A service's canonical inputs <-> Docker's ServiceSpec (POST /services/create), and what Read answers
    versions    What an older daemon drops from a service without a word, by API version
"""
