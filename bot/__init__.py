"""Hindsight: the application between Discord's edge (`cogs`) and the learned parts (`models`)."""
