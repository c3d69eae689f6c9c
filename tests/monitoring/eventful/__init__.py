"""The tests over one city in which everything has happened, a package so that they share it and it goes with the last of them.

What the panels ask is tested before the dashboards are looked at, as the files' names have it: what is counted over five minutes has just
happened then.
"""
