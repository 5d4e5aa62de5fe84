"""The gRPC face: Pulumi's words on one side, ours on the other, and nothing more.

What is wanted is decided in `plan`, waited for in `rollout`, and said to Docker in `dockerapi`; the handlers here put
those together, one per kind of resource.
"""
