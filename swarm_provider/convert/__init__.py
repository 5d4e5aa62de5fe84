"""Inputs <-> Docker's API spec, both ways, and the one form in which two specs are compared.

Not here: what to do about a difference (plan), and how it is sent (dockerapi). Pure.

    service/        A service's canonical inputs <-> Docker's ServiceSpec, part by part
    cluster_volume  `cluster_spec` of a volume <-> ClusterVolumeSpec
    helpers         Small steps that all conversions share: values that are unknown or absent pass through each of them
    keep_user_form  What Read answers
    list_matching   Which entries of two lists are the same thing, although they may differ
    minimal_update  How a spec is sent to a service that exists: in the service's own form wherever that means the same
    objects         Config, secret, network and volume: inputs <-> the bodies of Docker's API
    remembered      Answers of pure functions of JSON, kept for a while: a run asks the same from phase to phase
    unmodelled      What a live spec has and inputs cannot say
"""
