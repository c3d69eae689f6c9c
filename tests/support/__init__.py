"""What several suites share: users of a cluster, objects to apply, and waiting with an end."""
