"""The one definition of every resource's inputs and outputs.

The Pulumi schema, the validation in Check, the comparison in Diff and the Python argument types all derive from what
stands here. A property is spelt in snake_case (as in Python and compose) and goes over the wire in camelCase. Not
here: Docker's API (convert), and what differs (plan).

    examples/       The examples in the schema's descriptions, a program per language
    rules/          The rule book: what a manager refuses, or stores and cannot run, on canonical inputs
    types/          The kinds of values that inputs and outputs are made of, and the forms in which people write them
    advice          The names of the advice warnings, by which users choose among them
    cluster_volume  The spec of a cluster volume: a storage plugin (CSI) makes it, and Swarm brings it to the nodes
    components      Every component: Stack and ConfigDirectory, which make resources
    content         The content of a config or secret: bytes, and how inputs say them
    maps            Maps of texts that several definitions have: labels, and the options of drivers
    mount           A mount of a service
    provider        The provider's own configuration: where Docker is, and the defaults for all resources
    resource        What a resource and a function are, in the definition
    resources       Every resource and lookup of the package
    schema          The definition as Pulumi's package schema (GetSchema)
    security        `security_opt`: one spelling of each option, and what is in it
    service         The service: compose's keys, as far as Swarm has a word for them
"""

from swarm_provider.model.resource import Function, Resource
from swarm_provider.model.resources import FUNCTIONS, RESOURCES

__all__ = ["FUNCTIONS", "RESOURCES", "Function", "Resource"]
