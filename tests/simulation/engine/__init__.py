"""A command of Pulumi in virtual time: its state, its program, its calls to the plugin."""
