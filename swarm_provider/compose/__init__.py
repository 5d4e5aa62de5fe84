"""Compose files -> canonical inputs, as `docker stack deploy` reads them, or `docker compose`.

Belongs here: the text of compose files, the files that they name, and the rules of both dialects, up to the normal
form that `model` defines. Not here: Pulumi, Docker's API, and any decision about live objects.

    common/           What both dialects share: checks, and one file's sections -> typed form
    docker/           The rules of docker's CLI: `docker stack deploy`
    spec/             The rules of the compose-spec, as compose-go has them: `docker compose`
    yaml/             YAML text -> a tree that knows the line of every key
    children          A read compose project -> the children of a stack, in order
    dialect           The two dialects of compose files, and what each makes of the text of one file
    dialect_warnings  Where files mean one thing in one dialect and another thing in the other: a warning each
    merged            What the files of a project say together, in typed form and before anything is converted
    normalise         Merged services and declarations -> canonical inputs (the normal form of `model`)
    project           Files -> Project: reading, interpolating, checking, merging and converting, in docker's order
    sources           The files of a project -> trees that are checked
    variables         The variables of a project: those of the caller, over those of `.env` files
    write             Canonical inputs of a running stack -> a compose file that gives the same stack again
"""

from swarm_provider.compose.common.service import Dependency
from swarm_provider.compose.project import ObjectEntry, Project, ServiceEntry, load, project_name
from swarm_provider.compose.yaml.tree import Ref, Template

__all__ = ["Dependency", "ObjectEntry", "Project", "Ref", "ServiceEntry", "Template", "load", "project_name"]
