"""DECIDE. Values in, values out: no I/O, no clock, no random numbers, no environment.

diff: what differs between two inputs. restart: which tasks Swarm will restart, and why. verdict: whether a rollout is
done. naming: names of versions, and which of them may go. ownership: whose an object is.
"""
