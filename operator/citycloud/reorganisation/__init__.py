"""What a re-organisation asks for, what of it is done, and what is in its way: from facts to steps, without a server.

Every step shows in the objects themselves whether it is done, so nothing is remembered: a plan that is made anew at any moment, after a
crash too, lists the same steps and tells what is left.
"""
