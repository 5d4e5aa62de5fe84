"""DO AND WAIT: the only room with loops, sleeps and retries.

watch: one watcher for all services that converge or go. remove: removal that is finished when it says so. retry:
updates that lost a race. diagnose: the output of tasks that failed, without secrets. What is true of a snapshot is
decided in plan; what Docker is called is known in dockerapi.
"""
