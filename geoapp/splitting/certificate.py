"""The shape of a certificate: all that a stranger needs to check a proof again, as plain JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geoapp.splitting.embedding import Embedding
from geoapp.splitting.graph import UnitGraph
from geoapp.splitting.request import DivisionRequest

FORMAT = 1


def cheap(reason: str) -> dict[str, Any]:
    """Proof by a reason that is seen without a search."""
    return {"format": FORMAT, "kind": "reason", "reason": reason}


def islands() -> dict[str, Any]:
    """As many islands as parts: there is only one way."""
    return {"format": FORMAT, "kind": "islands"}


def walks(
    graph: UnitGraph,
    request: DivisionRequest,
    embedding: Embedding,
    *,
    starts: Sequence[dict[str, Any]],
    closing: dict[str, Any],
    contracted: Sequence[Sequence[int]],
) -> dict[str, Any]:
    """Proof by search on the dual; units are positions in the order of the graph's file.

    ``faces``: the embedding, each face as the cycle of units around it. ``starts``: faces in the order of searching,
    each with the faces that its walks may meet only ``once``. ``closing``: why nothing is left after the last start.
    """
    return {
        "format": FORMAT,
        "kind": "dual walks",
        "households": graph.households.tolist(),
        "edges": [[u, v, c] for (u, v), c in zip(graph.edges.tolist(), graph.cost.tolist(), strict=True)],
        "cost_scale": graph.cost_scale,
        "virtual": graph.edges[graph.virtual].tolist(),
        "faces": [list(face) for face in embedding.faces],
        "contracted": [list(group) for group in contracted],
        "starts": list(starts),
        "closing": dict(closing),
    }
