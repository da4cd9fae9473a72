"""THE YEAR: what the regulation asks for each year, around the ladder of cases.

Obligations, inspection plans, rankings, commendations, the heads' files, reports, what-if and forecast. Each keeps its
facts as events of its own kind in the one history; nothing here moves a case.

It stands above `documents`, because reports, files of heads and commendations leave the house as official paper.
"""
