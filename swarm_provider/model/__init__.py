"""THE ONE DEFINITION of every resource's inputs and outputs.

The Pulumi schema, the validation in Check, the comparison in Diff and the Python argument types all derive from what
stands here. A property is spelt in snake_case (as in Python and compose) and goes over the wire in camelCase.
"""

from swarm_provider.model.resource import Function, Resource
from swarm_provider.model.resources import FUNCTIONS, RESOURCES

__all__ = ["FUNCTIONS", "RESOURCES", "Function", "Resource"]
