"""How fast the operator is, on the real API server, as ratios against a bare apply loop over the same objects in the same run."""
