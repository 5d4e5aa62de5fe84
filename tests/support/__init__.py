"""Real engines and the real Pulumi CLI for tests. Nothing here is imported by the package."""
