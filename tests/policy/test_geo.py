import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import geo
from policy.geo import Datum, DistanceClass, Point
from policy.refusals import Code
from tests.policy.refused import refused

SHIMEN = Point(38.512, 114.203)

# Well inside the box of GCJ-02, so that no shift leaves it.
chinese_points = st.builds(Point, st.floats(3, 54), st.floats(73, 136))
earthly_points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    "wgs, gcj",
    [
        # The vectors that implementations of the formula share; they agree to a few centimetres.
        (Point(31.1774276, 121.5272106), Point(31.17530398364597, 121.531541859215)),  # Shanghai
        (Point(22.543847, 113.912316), Point(22.540796131694766, 113.9171764808363)),  # Shenzhen
        (Point(39.911954, 116.377817), Point(39.91334545536069, 116.38404722455657)),  # Beijing
    ],
)
def test_gcj02_agrees_with_the_published_vectors(wgs, gcj):
    assert geo.distance(geo.from_wgs84(wgs, Datum.GCJ02), gcj) < 0.1
    assert geo.distance(geo.to_wgs84(gcj, Datum.GCJ02), wgs) < 0.1


def test_bd09_agrees_with_the_published_vector():
    gcj = Point(39.915, 116.404)
    bd = geo.from_wgs84(geo.to_wgs84(gcj, Datum.GCJ02), Datum.BD09)
    assert geo.distance(bd, Point(39.92133699351022, 116.41036949371029)) < 0.01


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@given(point=chinese_points)
def test_a_round_trip_loses_less_than_a_millimetre(datum, point):
    assert geo.distance(geo.to_wgs84(geo.from_wgs84(point, datum), datum), point) < 0.001


@given(point=chinese_points)
def test_the_shift_is_big_enough_to_leave_a_small_village(point):
    assert 20 < geo.distance(geo.from_wgs84(point, Datum.GCJ02), point) < 2_500


@pytest.mark.parametrize("point", [Point(48.85, 2.35), Point(-33.9, 151.2), Point(60.0, 100.0), Point(30.0, 140.0)])
def test_gcj02_is_the_identity_outside_china(point):
    assert not geo.in_china(point)
    assert geo.from_wgs84(point, Datum.GCJ02) == point
    assert geo.to_wgs84(point, Datum.GCJ02) == point


@given(point=earthly_points)
def test_wgs84_is_left_as_it_is(point):
    assert geo.to_wgs84(geo.from_wgs84(point, Datum.WGS84), Datum.WGS84) == point


@pytest.mark.parametrize(
    "a, b, metres",
    [
        (SHIMEN, SHIMEN, 0),
        (Point(38.0, 114.0), Point(39.0, 114.0), 111_195),  # one degree of a great circle
        (Point(0.0, 179.5), Point(0.0, -179.5), 111_195),  # across the date line
        (Point(90.0, 0.0), Point(-90.0, 0.0), math.pi * geo.MEAN_RADIUS_M),
        (Point(39.9042, 116.4074), Point(38.0428, 114.5149), 263_300),  # Beijing to Shijiazhuang
    ],
)
def test_distance(a, b, metres):
    assert geo.distance(a, b) == pytest.approx(metres, rel=0.002, abs=1)


@given(a=earthly_points, b=earthly_points)
def test_distance_is_symmetric_and_bounded(a, b):
    assert geo.distance(a, b) == pytest.approx(geo.distance(b, a), abs=1e-6)
    assert 0 <= geo.distance(a, b) <= math.pi * geo.MEAN_RADIUS_M + 1


@pytest.mark.parametrize(
    "lat, lon, swapped",
    [
        (math.nan, 114.2, False),
        (38.5, math.nan, False),
        (math.inf, 114.2, False),
        (38.5, -math.inf, False),
        (90.01, 114.2, False),
        (-90.01, 114.2, False),
        (38.5, 180.01, False),
        (0.0, 0.0, False),
        (-0.0, 0.0, False),
        (114.2, 38.5, True),
    ],
)
def test_what_is_no_position_is_refused(lat, lon, swapped):
    with refused(Code.POSITION_INVALID, swapped=swapped):
        geo.check(lat, lon)


@given(point=earthly_points.filter(lambda point: abs(point.lat) > 0.001 or abs(point.lon) > 0.001))
def test_every_other_place_is_a_position(point):
    assert geo.check(*point) == point


@pytest.mark.parametrize(
    "lat, lon, swapped",
    [(114.2, 38.5, True), (87.6, 43.8, True), (38.5, 114.2, False), (48.85, 2.35, False), (114.2, 114.2, False)],
)
def test_swapped_coordinates_are_hinted_at(lat, lon, swapped):
    assert geo.looks_swapped(lat, lon) is swapped


@pytest.mark.parametrize(
    "metres, in_fence, kept",
    [
        (0, True, DistanceClass.IN_VILLAGE),
        (6_000, True, DistanceClass.IN_VILLAGE),  # a wide fence
        (1_501, False, DistanceClass.NEAR),
        (5_000, False, DistanceClass.NEAR),
        (5_000.1, False, DistanceClass.FAR),
        (50_000, False, DistanceClass.FAR),
        (50_000.1, False, DistanceClass.AWAY),
        (9_000_000, False, DistanceClass.AWAY),
    ],
)
def test_only_a_class_of_the_distance_is_kept(metres, in_fence, kept):
    assert geo.classify(metres, in_fence) is kept
