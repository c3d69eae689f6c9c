"""The inventory and everything that follows from it by pure calculation: addresses, tunnels, priorities, failures, capacity."""
