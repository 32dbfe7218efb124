"""Hindsight: the application between Discord's edge (`cogs`) and the learned parts (`models`)."""

__version__ = "0.1.0"
