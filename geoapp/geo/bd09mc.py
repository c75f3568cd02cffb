"""Baidu Mercator (bd09mc, metres) <-> BD-09 (degrees).

Baidu's own plane is no Mercator projection of its degrees: in six bands of latitude a polynomial of degree six
stands for the northing. The coefficients are facts of that system, as Baidu's public map script states them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Southern edge of each band, in degrees and in metres, from the equator upwards.
BAND_DEG = np.array([0.0, 15.0, 30.0, 45.0, 60.0, 75.0])
BAND_M = np.array([0.0, 1678043.12, 3481989.83, 5591021.0, 8362377.87, 12890594.86])

# Row b belongs to band b: x = c0 + c1 |x|; y = c2 + c3 t + ... + c8 t^6 with t = |y| / c9.
_TO_DEG = np.array([
    [2.890871144776878e-9, 8.983055095805407e-6, -3.068298e-8, 7.47137025468032, -3.53937994e-6,
     -0.02145144861037, -1.234426596e-5, 1.0322952773e-4, -3.23890364e-6, 826088.5],
    [3.09191371068437e-9, 8.983055096812155e-6, 6.995724062e-5, 23.10934304144901, -2.3663490511e-4,
     -0.6321817810242, -6.63494467273e-3, 0.03430082397953, -4.66043876332e-3, 2555164.4],
    [-1.981981304930552e-8, 8.983055099779535e-6, 0.03278182852591, 40.31678527705744, 0.65659298677277,
     -4.44255534477492, 0.85341911805263, 0.12923347998204, -0.04625736007561, 4482777.06],
    [-3.030883460898826e-8, 8.98305509983578e-6, 0.30071316287616, 59.74293618442277, 7.357984074871,
     -25.38371002664745, 13.45380521110908, -3.29883767235584, 0.32710905363475, 6856817.37],
    [-7.435856389565537e-9, 8.983055097726239e-6, -0.78625201886289, 96.32687599759846, -1.85204757529826,
     -59.36935905485877, 47.40033549296737, -16.50741931063887, 2.28786674699375, 10260144.86],
    [1.410526172116255e-8, 8.98305509648872e-6, -1.9939833816331, 200.9824383106796, -187.2403703815547,
     91.6087516669843, -23.38765649603339, 2.57121317296198, -0.03801003308653, 17337981.2],
])  # fmt: skip
_TO_M = np.array([
    [-3.218135878613132e-4, 111320.7020701615, 3.69383431289e-3, 823725.6402795718, 0.46104986909093,
     2351.343141331292, 1.58060784298199, 8.77738589078284, 0.37238884252424, 7.45],
    [-3.441963504368392e-4, 111320.7020576856, 278.2353980772752, 2485758.690035394, 6070.750963243378,
     54821.18345352118, 9540.606633304236, -2710.55326746645, 1405.483844121726, 22.5],
    [2.20636496208e-3, 111320.7020209128, 51751.86112841131, 3796837.749470245, 992013.7397791013,
     -1221952.21711287, 1340652.697009075, -620943.6990984312, 144416.9293806241, 37.5],
    [3.37398766765e-3, 111320.7020202162, 4481351.045890365, -23393751.19931662, 79682215.47186455,
     -115964993.2797253, 97236711.15602145, -43661946.33752821, 8477230.501135234, 52.5],
    [8.277824516172526e-4, 111320.7020463578, 647795574.6671607, -4082003173.641316, 10774905663.51142,
     -15171875531.51559, 12053065338.62167, -5124939663.577472, 913311935.9512032, 67.5],
    [-1.5702102444e-3, 111320.7020616939, 1704480524535203.0, -10338987376042340.0, 26112667856603880.0,
     -35149669176653700.0, 26595700718403920.0, -10725012454188240.0, 1800819912950474.0, 82.5],
])  # fmt: skip


def bd09mc_to_bd09(xy_m: FloatArray) -> FloatArray:
    """Baidu Mercator metres (n, 2) -> BD-09 longitude, latitude (n, 2) in degrees; not-a-number stays so."""
    return _polynomial(np.asarray(xy_m, dtype=np.float64), _TO_DEG, BAND_M)


def bd09_to_bd09mc(lonlat_bd09: FloatArray) -> FloatArray:
    """BD-09 longitude, latitude (n, 2) in degrees -> Baidu Mercator metres (n, 2), for latitudes of -74 to 74.

    The two sets of coefficients that Baidu states invert one another to 5 m at worst (in the far north), so the answer
    is improved by the inverse's own error until it fits :func:`bd09mc_to_bd09` to less than a tenth of a millimetre.
    """
    lonlat = np.asarray(lonlat_bd09, dtype=np.float64)
    xy_m = _polynomial(lonlat, _TO_M, BAND_DEG)
    for _ in range(4):
        missing_deg = lonlat - bd09mc_to_bd09(xy_m)
        northing_per_deg = 111_320.0 / np.maximum(np.cos(np.radians(lonlat[:, 1])), 0.2)
        xy_m += missing_deg * np.stack([np.full(len(lonlat), 111_320.7), northing_per_deg], axis=1)
    return xy_m


def _polynomial(xy: FloatArray, coefficients: FloatArray, bands: FloatArray) -> FloatArray:
    size = np.abs(xy)
    c = coefficients[np.clip(np.searchsorted(bands, size[:, 1], side="right") - 1, 0, len(bands) - 1)]
    x = c[:, 0] + c[:, 1] * size[:, 0]
    t = size[:, 1] / c[:, 9]
    y = c[:, 8]
    for power in range(7, 1, -1):
        y = y * t + c[:, power]
    return np.stack([np.copysign(x, xy[:, 0]), np.copysign(y, xy[:, 1])], axis=1)
