"""Managers and agents of a swarm in virtual time, and the way to them."""
