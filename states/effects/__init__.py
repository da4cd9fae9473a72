"""What an act brings about beside the state: above all the deadlines that it starts and stops.

Every effect returns what is added to the data of the event. `starts` holds whole deadlines, computed once and frozen
with the hash of the calendar; `stops` names kinds that end (`*` for all). `cycle` says that the rung begins anew.
`becomes` names fields of the case and the values that they have from now on.
"""
