"""Every site gets the ground near it, at whatever angle its block lies to the axes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity

from geoapp.splitting.tessellation import nearest_ground


@pytest.mark.parametrize("degrees", [0.0, 7.3, 13.0, 29.1, 44.9, 61.7, 88.2])
def test_four_sites_in_a_square_get_a_quarter_each(degrees: float) -> None:
    """A block of 200 m by 200 m, four buildings of 20 m by 10 m in the middle of its quarters: 10,000 m2 each.

    Middle lines that end a rounding error before the rim would close no face and give all ground to one building.
    """
    block = shapely.box(0, 0, 200, 200)
    sites = [shapely.box(x - 10, y - 5, x + 10, y + 5) for x in (50, 150) for y in (50, 150)]
    turned = [affinity.rotate(shape, degrees, origin=(431.7, 218.3)) for shape in (block, *sites)]
    cells = nearest_ground(turned[0], np.array(turned[1:], dtype=object))
    assert shapely.area(cells) == pytest.approx([10_000.0] * 4, rel=0.05)
    assert shapely.area(cells).sum() == pytest.approx(40_000.0)
