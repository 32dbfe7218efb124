"""A Discord on 127.0.0.1: gateway and REST over real sockets, with faults on a script and the limits counted.

simcord is the tool for what the bot does; this is for how it does it on the wire.
"""
