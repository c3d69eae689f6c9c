"""Laboratories: what the infrastructure declares, shown on real parts on one machine.

The engine, a cloud without a data plane, and a network without a cloud; none of them is needed to run a city.
"""
