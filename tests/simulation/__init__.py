"""A simulated swarm and a simulated Pulumi engine, with the real plugin between them, in virtual time.

__main__    `make simulate`: plays the histories of many seeds
bundle      The members of a compose stack, as a Stack and as a Release
clock       Virtual time: an event loop that never sleeps, processes that can be killed at any await
engine/     Pulumi's engine as far as a provider sees it; it drives the real servicer
history     What is done to a program, a swarm and the machines; made from a seed
invariants  What must hold, whatever happens
model/      The swarm: managers, agents, the way to them and what goes wrong on it
play        Plays a history
scripts     Scripts that real engines have played, on the model
serve       The swarm as a daemon in real time, for a plugin in its own process
story       From a failing seed to its story
wishes      What a person wants of the swarm, and how it is written as a program
"""
