"""Importing this loads the solver with its compiled code: workers do so before their first task, or are forked then."""

from __future__ import annotations

import numpy as np

from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import DivisionRequest
from geoapp.splitting.solvers import obstacles
from geoapp.splitting.solvers.dual_cycle import solve_two

#: A lattice of nine units with one household each, into four and five: small, and it goes through every kernel.
_UNITS = np.arange(9).reshape(3, 3)
_BESIDE = np.stack([_UNITS[:, :-1].ravel(), _UNITS[:, 1:].ravel()], axis=1)
_BELOW = np.stack([_UNITS[:-1].ravel(), _UNITS[1:].ravel()], axis=1)
_EDGES = np.concatenate([_BESIDE, _BELOW]).astype(np.int32)
_LATTICE = UnitGraph(tuple(range(9)), np.ones(9, dtype=np.int64), _EDGES, np.ones(len(_EDGES), dtype=np.int64))
_REQUEST = DivisionRequest(2, ((4, 5), (4, 5)), interchangeable=True)
assert obstacles.certain_obstacle(_LATTICE, _REQUEST) is None
OBJECTIVE = solve_two(_LATTICE, _REQUEST).objective
