"""One module per kind that is reconciled: read the world, decide, apply what was planned, say how it stands.

Decisions are pure functions over what the world holds; the only writes are the children, through the applier, and one status.
"""
