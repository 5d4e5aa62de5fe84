"""The rule book: what a manager refuses, or stores and cannot run, on canonical inputs.

Decided here once, for `Service(...)` in any language as for compose files; compose adds file and line.

    choices      Words that stand where only some are known
    constraints  The grammar of a placement constraint
    limits       What Docker holds at most
    mounts       What no task can mount
    refusals     The one rule book: what a manager would refuse of a service, network, config or secret
    templates    `{{...}}` in environment, hostname and mounts
    unusable     Values that an engine stores, or refuses late, and that nothing can run with
"""
