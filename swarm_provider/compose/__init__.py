"""Compose files -> canonical inputs, as `docker stack deploy` reads them, or `docker compose`.

Belongs here: the text of compose files, the files that they name, and the rules of both dialects, up to the normal
form that `model` defines. Not here: Pulumi, Docker's API, and any decision about live objects.

    common/           What both dialects and all sections share
    docker/           The rules of docker's CLI: `docker stack deploy`
    sections/         The sections of one file, valid and interpolated -> typed form, for both dialects
    spec/             The rules of the compose-spec, as compose-go has them: `docker compose`
    yaml/             YAML text -> a tree that knows the line of every key
    children          A read compose project -> the children of a stack, in order
    dialect_warnings  Where files mean one thing in one dialect and another thing in the other: a warning each
    layers            The text of one file -> its documents, as each dialect reads it
    merged            What the files of a project say together, in typed form and before anything is converted
    normalise         Merged services and declarations -> canonical inputs (the normal form of `model`)
    project           Files -> Project: reading, interpolating, checking, merging and converting, in docker's order
    sources           The files of a project -> trees that are checked
    write             Canonical inputs of a running stack -> a compose file that gives the same stack again
"""

from swarm_provider.compose.common.typed_form import Dependency
from swarm_provider.compose.project import ObjectEntry, Project, ServiceEntry, load, project_name
from swarm_provider.compose.sources import InlineFile
from swarm_provider.compose.yaml.tree import Ref, Template

__all__ = [
    "Dependency",
    "InlineFile",
    "ObjectEntry",
    "Project",
    "Ref",
    "ServiceEntry",
    "Template",
    "load",
    "project_name",
]
