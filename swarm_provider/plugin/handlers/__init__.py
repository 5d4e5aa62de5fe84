"""One module per kind of resource: what Check, Diff, Create, Read, Update and Delete mean for it."""
