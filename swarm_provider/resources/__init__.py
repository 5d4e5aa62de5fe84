"""WHAT THE USER TYPES: Pulumi classes with typed arguments. No decisions, and never a word to Docker.

The classes bring what a person writes into wire form and hand it to Pulumi; the plugin does the rest. Importing this
package alone costs nothing: the public names are those of `swarm_provider`.
"""
