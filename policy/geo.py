"""Places: datums, distance, and how much of a distance is kept. Clause 三（二） (on-duty situation known).

Positions are kept and compared in WGS-84, the datum of phones. Chinese maps show GCJ-02 or BD-09, which lie 100 to 1,200 m off.
"""

import math
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from policy.refusals import Code, Refusal

MEAN_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG), in metres."""

NEAR_M = 5_000
FAR_M = 50_000

# The ellipsoid and the constants of the published GCJ-02 and BD-09 formulas (Krasovsky 1940).
_AXIS_M = 6_378_245.0
_ECCENTRICITY = 0.006_693_421_622_965_943_23
_BD_WAVE = math.pi * 3000.0 / 180.0
_CONVERGED_DEG = 1e-12
_ROUNDS = 30


class Datum(StrEnum):
    """Coordinate systems of the roster workbook (坐标系)."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


class Point(NamedTuple):
    """A place in degrees."""

    lat: float
    lon: float


class DistanceClass(StrEnum):
    """What is kept of a distance once the exact position is deleted."""

    IN_VILLAGE = "in_village"
    NEAR = "near"  # up to 5 km
    FAR = "far"  # up to 50 km
    AWAY = "away"


def in_china(point: Point) -> bool:
    """Whether the point is in the box in which GCJ-02 shifts places; the box is coarser than the border."""
    return 0.8293 <= point.lat <= 55.8271 and 72.004 <= point.lon <= 137.8347


def looks_swapped(lat: float, lon: float) -> bool:
    """A hint that latitude and longitude changed places: each lies in China's range of the other."""
    return 73 <= lat <= 136 and 3 <= lon <= 54


def check(lat: float, lon: float) -> Point:
    """The point, if it can be one.

    Raises `Refusal(POSITION_INVALID)` for NaN, infinity, values out of range, and 0,0 (what a phone without a fix
    reports); its field `swapped` says whether the two look interchanged. Clause 三（二）.
    """
    finite = math.isfinite(lat) and math.isfinite(lon)
    if not finite or abs(lat) > 90 or abs(lon) > 180 or (abs(lat) < 1e-6 and abs(lon) < 1e-6):
        raise Refusal(Code.POSITION_INVALID, "三（二）", lat=lat, lon=lon, swapped=finite and looks_swapped(lat, lon))
    return Point(lat, lon)


def distance(a: Point, b: Point) -> float:
    """Great-circle distance in metres (haversine on the mean radius; within 0.6 % of the ellipsoid's)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    chord = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    )
    return 2 * MEAN_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


def classify(distance_m: float, in_fence: bool) -> DistanceClass:
    """The class of a distance in metres from the nearest site; inside the fence is in the village, however wide."""
    if in_fence:
        return DistanceClass.IN_VILLAGE
    if distance_m <= NEAR_M:
        return DistanceClass.NEAR
    return DistanceClass.FAR if distance_m <= FAR_M else DistanceClass.AWAY


def from_wgs84(point: Point, datum: Datum) -> Point:
    """A WGS-84 point in another datum, as a Chinese map would show it."""
    if datum is Datum.WGS84:
        return point
    shifted = _gcj_from_wgs(point)
    return _bd_from_gcj(shifted) if datum is Datum.BD09 else shifted


def to_wgs84(point: Point, datum: Datum) -> Point:
    """A point of the given datum in WGS-84, to less than a millimetre of the published forward formulas."""
    if datum is Datum.WGS84:
        return point
    shifted = _inverse(_bd_from_gcj, point) if datum is Datum.BD09 else point
    return _inverse(_gcj_from_wgs, shifted) if in_china(shifted) else shifted


def _inverse(forward: Callable[[Point], Point], target: Point) -> Point:
    """The point that `forward` sends to `target`.

    Each round walks back by the error left. The shifts change by under 3 % of a step, so every round gains almost
    two digits and half a dozen are enough.
    """
    guess = target
    for _ in range(_ROUNDS):
        image = forward(guess)
        off_lat, off_lon = image.lat - target.lat, image.lon - target.lon
        guess = Point(guess.lat - off_lat, guess.lon - off_lon)
        if max(abs(off_lat), abs(off_lon)) < _CONVERGED_DEG:
            break
    return guess


def _gcj_from_wgs(point: Point) -> Point:
    if not in_china(point):
        return point
    x, y = point.lon - 105.0, point.lat - 35.0
    lat_rad = math.radians(point.lat)
    magic = 1 - _ECCENTRICITY * math.sin(lat_rad) ** 2
    north = _north_shift_m(x, y) * 180 * magic * math.sqrt(magic) / (_AXIS_M * (1 - _ECCENTRICITY) * math.pi)
    east = _east_shift_m(x, y) * 180 * math.sqrt(magic) / (_AXIS_M * math.cos(lat_rad) * math.pi)
    return Point(point.lat + north, point.lon + east)


def _north_shift_m(x: float, y: float) -> float:
    pi = math.pi
    shift = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    shift += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    shift += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    return shift + (160.0 * math.sin(y / 12.0 * pi) + 320.0 * math.sin(y * pi / 30.0)) * 2.0 / 3.0


def _east_shift_m(x: float, y: float) -> float:
    pi = math.pi
    shift = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    shift += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    shift += (20.0 * math.sin(x * pi) + 40.0 * math.sin(x / 3.0 * pi)) * 2.0 / 3.0
    return shift + (150.0 * math.sin(x / 12.0 * pi) + 300.0 * math.sin(x / 30.0 * pi)) * 2.0 / 3.0


def _bd_from_gcj(point: Point) -> Point:
    radius = math.hypot(point.lon, point.lat) + 0.00002 * math.sin(point.lat * _BD_WAVE)
    angle = math.atan2(point.lat, point.lon) + 0.000003 * math.cos(point.lon * _BD_WAVE)
    return Point(radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065)
