"""Inputs <-> Docker's API spec, both ways, and the one form in which two specs are compared.

Pure. service: the two directions for a service, and what Read answers. objects: the same for config, secret, network
and volume. effective: what a spec means, with the daemon's defaults filled in. merge: what the user wrote, where the
cluster still has it. versions: what an older daemon drops without a word.
"""
