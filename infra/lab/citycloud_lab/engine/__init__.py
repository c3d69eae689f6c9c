"""The real Pulumi engine, built from Go modules: the command, the language host and the provider plugin."""
