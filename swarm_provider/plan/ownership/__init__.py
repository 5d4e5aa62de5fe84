"""Whose an object is, on which swarm, and what people are advised of.

Not here: how labels are spelt (core/labels.py).

    advice          Advice: what Swarm takes and people regret
    claims          Whose an object in the swarm is, and what this run may do with it (labels: see core/labels.py)
    credentials     What looks like a credential in a string that Swarm keeps in plain: advice, never an error
    odd_labels      What is said of objects with labels that look like this provider's and cannot be
    replacement     What a replacement does to an object whose name cannot be given twice: it lives on
    swarm_identity  Which swarm a state lives on, and what it means when the settings lead to another one
"""
