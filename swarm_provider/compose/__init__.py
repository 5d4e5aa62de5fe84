"""Compose files -> canonical inputs, read exactly as `docker stack deploy` of docker CLI 28 reads them.

What belongs here: the text of compose files, the files that they name, and docker's rules for both, up to the normal
form that `model` defines. What never belongs here: Pulumi, Docker's API, and any decision about live objects.

    load        YAML -> tree, with go-yaml's reading and the line of every key
    interpolate `${VAR}` -> text, with docker's casts
    check       schema, forbidden keys; unhonoured: keys that Swarm has no word for
    service     tree -> typed form, per file; with deploy, mounts, objects, environment, envfile, scalars, files
    merge       several files -> one
    normalise   typed form -> canonical inputs; limits: what a manager would refuse too late
    project     all of it, in docker's order
"""

from swarm_provider.compose.project import ObjectEntry, Project, ServiceEntry, load, project_name
from swarm_provider.compose.service import Dependency
from swarm_provider.compose.tree import Ref, Template

__all__ = ["Dependency", "ObjectEntry", "Project", "Ref", "ServiceEntry", "Template", "load", "project_name"]
