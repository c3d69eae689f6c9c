"""The machinery of reconciling, of which every kind has the same: clock, queue, backoff, rate limit, observed state, workers.

Nothing here knows what an environment is. A key goes in, `reconcile(key)` comes out, and what that returns decides when the key is looked
at again.
"""
