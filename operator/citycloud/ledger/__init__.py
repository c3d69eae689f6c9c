"""The ledger of decisions: a chain of hashes an organisation, so that years later anybody can prove who decided what, when and why.

Each entry holds a decision as a whole and the hash of the entry before it. Pure: what is stored where is the controllers' affair, and the
API server itself lets nobody take a place twice or change what is there (P41).
"""
