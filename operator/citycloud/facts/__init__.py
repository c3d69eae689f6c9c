"""The facts of the network, as one document that infra publishes and `citycloud facts apply` brings into the cluster. Pure.

What the document may say stands in `document`, what its parts have to fit in `rules`, what changes against a cluster in `changes`. The JSON
Schema that infra checks its own output with is generated from here (`schema`); the two never import each other.
"""
