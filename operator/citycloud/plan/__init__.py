"""What must exist for an approved environment or an organisation: one module a child kind, builders only.

Pure: data in, manifests out. The order of the steps that `environment` and `home` return is the order in which they are written.
"""
