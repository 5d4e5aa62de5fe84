"""What differs between what is asked for and what is there, and which tasks an update restarts.

Not here: whether restarted tasks find a node (scheduling).

    ignored_changes  What `ignore_changes` does to lists
    kept_settings    What people are told of settings that the cluster has and the program cannot express
    property_diff    What differs between two sets of inputs, as Pulumi shows it: one change per property path
    request_spec     What is sent for a service
    restart          Which tasks an update restarts, and why: known before anything is sent
    sentences        Sentences that a machine reads back, and their inverse
    stack_rollback   Which services of a stack return to their previous spec, in which order
    summary          What a run does to the tasks of several services, and the one line that sums it up
    task_fates       What Swarm does to each slot of a service when a spec is sent
    task_origin      From which spec a task was made, and what that lacks of another one
    text_diff        Texts that are the same as YAML or JSON and differ in comments, quotes or spacing
    volume_data      What a change of a service's mounts means for the data behind them
"""
