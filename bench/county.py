"""A province of the benches: 7,366 villages with a team of three each, every cadre bound, straight into the tables."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert

from bench.botserver import FIRST_USER, site_of
from policy.authority import Role
from policy.geo import Datum
from policy.roster import Level
from storage.condition import take_stock
from storage.engine import Database
from storage.migrate import migrate
from storage.tables import Area, Chat, DispatchingUnit, Person, PersonRole, Setting, Site

VILLAGES = 7_366
STARTS = date(2026, 1, 1)


async def fill(url: str, people: int, channel: str = "telegram") -> None:
    """Make a database of `people` bound cadres in teams of three, 20 villages a township, 8 townships a county."""
    await migrate(url)
    db = Database(url)
    villages = -(-people // 3)
    async with db.write(ids=people * 4 + villages * 3 + 2_000) as session:
        take = db.ids.take
        areas: list[dict[str, Any]] = []
        root = _area(areas, take(), None, Level.PROVINCE, "样例省")
        city = _area(areas, take(), root, Level.CITY, "样例市")
        sites: list[dict[str, Any]] = []
        at: list[dict[str, Any]] = []
        county = township = city
        for n in range(villages):
            if n % 160 == 0:
                county = _area(areas, take(), city, Level.COUNTY, f"样例{n // 160}县")
            if n % 20 == 0:
                township = _area(areas, take(), county, Level.TOWNSHIP, f"样例{n // 20}镇")
            village = _area(areas, take(), township, Level.VILLAGE, f"样例{n}村")
            at.append(village)
            sites.append(_site(take(), village["id"], *site_of(n * 3)))
        unit: dict[str, Any] = {"id": take(), "name": "样例省样例厅", "level": Level.PROVINCE, "kind": "机关"}
        await session.execute(insert(Area), areas)
        await session.execute(insert(Site), sites)
        # a bench may run at any hour
        hours = {"checkin_opens": "00:00", "checkin_closes": "23:59"}
        settings = [_setting(take(), root["id"], key, value) for key, value in hours.items()]
        await session.execute(insert(Setting), settings)
        await session.execute(insert(DispatchingUnit), [unit])
        persons = [_person(take(), n, unit["id"]) for n in range(people)]
        await session.execute(insert(Person), persons)
        roles = [_role(take(), person["id"], n, at[n // 3]["id"]) for n, person in enumerate(persons)]
        await session.execute(insert(PersonRole), roles)
        chats = [_chat(take(), person["id"], n, channel) for n, person in enumerate(persons)]
        await session.execute(insert(Chat), chats)
        await take_stock(session)  # as an import does
    await db.close()


def _area(
    areas: list[dict[str, Any]], area_id: int, parent: dict[str, Any] | None, level: Level, name: str
) -> dict[str, Any]:
    path = f"{parent['path'] if parent else '/'}{area_id}/"
    row = {
        "id": area_id,
        "code": f"{area_id:012d}",
        "name": name,
        "level": level,
        "parent_id": parent["id"] if parent else None,
        "path": path,
        "is_sample": True,
    }
    areas.append(row)
    return row


def _site(site_id: int, village_id: int, latitude: float, longitude: float) -> dict[str, Any]:
    entered = {"entered_latitude": latitude, "entered_longitude": longitude, "datum": Datum.WGS84}
    return {
        "id": site_id,
        "village_id": village_id,
        "name": "村部",
        "latitude": latitude,
        "longitude": longitude,
        **entered,
    }


def _person(person_id: int, n: int, unit_id: int) -> dict[str, Any]:
    return {
        "id": person_id,
        "name": f"样例{n}",
        "phone": f"139{n:08d}",
        "political_status": "中共党员",
        "unit_id": unit_id,
        "language": "zh_CN",
        "position_consent": True,
        "consented_at": datetime(2026, 1, 1, tzinfo=UTC),
    }


def _role(role_id: int, person_id: int, n: int, area_id: int) -> dict[str, Any]:
    role = Role.FIRST_SECRETARY if n % 3 == 0 else Role.TEAM_MEMBER
    return {"id": role_id, "person_id": person_id, "role": role, "area_id": area_id, "starts_on": STARTS}


def _chat(chat_id: int, person_id: int, n: int, channel: str) -> dict[str, Any]:
    bound = {"bound_at": datetime(2026, 1, 1, tzinfo=UTC), "is_reachable": True}
    return {"id": chat_id, "channel": channel, "external_id": FIRST_USER + n, "person_id": person_id, **bound}


def _setting(setting_id: int, area_id: int, key: str, value: str) -> dict[str, Any]:
    since = {"effective_on": STARTS, "set_at": datetime(2026, 1, 1, tzinfo=UTC)}
    return {"id": setting_id, "area_id": area_id, "key": key, "value": value, "reason": "bench", **since}
