"""Editors as a service: the HTTP contract, and its deployment on Ray Serve."""
