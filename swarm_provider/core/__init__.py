"""Words that every room shares: unknown and secret values, units, image references, label keys, texts of others.

Belongs here: what every other room may use. Not here: anything that knows a resource, Docker's API or Pulumi. Pure:
no I/O, no clock, no random numbers. Docker's own API JSON is *the* spec of this package; it is passed around as plain
dictionaries (`Json`).

    english   Numbers and lists in English: `1 task restarts`, `a, b and 3 more`
    foreign   Texts of others (programs, daemons, registries, files) on their way to people: one function, one order
    image     Image references: how Docker reads `registry/path:tag@digest`, and the short form in which it stores them
    labels    Every label key that this package reads or writes, and how each is read
    masking   Masking secrets in texts that people see: whole, line by line, and in every encoding that messages use
    names     snake_case and camelCase: the two spellings of one property name
    path      Property paths as Pulumi writes them, and what they are made of
    platform  Platforms of images and nodes: `linux/arm64` <-> the API's Platform
    units     Durations, sizes and cpus: the texts that people write, and the numbers that Docker stores
    url       Addresses as messages show them: without the passwords, tokens and keys that they may hold
    values    Values that are not plain data yet: unknown until the update runs, or secret
    versions  Versions of Docker's API
"""

from typing import Any

Json = dict[str, Any]
# a class with a method `list`, which Docker's API has, cannot write these types in its annotations
Items = list[Json]
Texts = list[str]
