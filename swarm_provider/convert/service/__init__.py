"""A service's canonical inputs <-> Docker's ServiceSpec, part by part, and what a spec means.

Not here: how a spec is sent to a service that exists, and what of a live one inputs cannot say (convert).

    container    The container's part of a service <-> TaskTemplate.ContainerSpec
    deploy       `deploy` of a service <-> Mode, UpdateConfig, RollbackConfig, and what TaskTemplate holds besides the
                 container
    daemon_form  What Swarm stores of a service spec: the form in which `GET /services` gives it back
    effective    What a service spec means: the one form in which two specs are compared
    mounts       `volumes` of a service <-> ContainerSpec.Mounts
    privileges   `security_opt` <-> the parts of ContainerSpec.Privileges besides the credential spec
    spec         A service's canonical inputs <-> Docker's ServiceSpec (POST /services/create), and what Read answers
    versions     What an older daemon drops from a service without a word, by API version
"""
