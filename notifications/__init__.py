"""The voice: who hears what, and the channels that carry it."""
