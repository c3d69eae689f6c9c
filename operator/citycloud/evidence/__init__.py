"""Is each control of an environment's profile proven, here and now: facts that somebody gathered in, one line a control out. Pure."""
