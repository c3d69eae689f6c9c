"""`python -m citycloud_infra`: check, plan, render, diff, facts, usage, and the stacks' up, preview, refresh, destroy."""
