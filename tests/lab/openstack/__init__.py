"""The real engine and OpenStack's own services: one laboratory for all of these tests."""
