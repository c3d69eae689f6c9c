"""Named checks of an inventory and of a change to it: plain functions that command line, tests and policy packs use alike."""
