"""The command `swarm-provider`: what helps beside `pulumi`. Thin: it parses arguments and calls other rooms."""
