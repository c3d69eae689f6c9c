"""OpenStack's own API services on loopback, over SQLite and a driver that starts no machines."""
