"""A visit as a cadre says it in a line: `走访 3组陈淑兰 屋顶漏雨，想申请危房改造`. Clause 二（四）.

Whose household is meant is found among those of the village: by the whole name, by a name that sounds the same (陈淑蓝),
by a title (陈大爷, 老陈家); the group narrows it down. What is not clear is asked, never guessed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from policy.spoken import Lean, found_day, number
from policy.typed import half_width


@dataclass(frozen=True, slots=True)
class Household:
    """A household of the village as far as it can be called: its head, others of it, the syllables of the head's name."""

    id: int
    head: str
    group: int | None = None
    others: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """One household that a line names: the words, and which it may be. One: found. Several: ask. None: not in the list."""

    words: str
    ids: tuple[int, ...]
    group: int | None = None

    @property
    def is_found(self) -> bool:
        """Whether it is clear which one is meant."""
        return len(self.ids) == 1


@dataclass(frozen=True, slots=True)
class Heard:
    """What a line says of a visit. `on` None: today. `unclear`: words that call a day which is none, or not yet here."""

    text: str
    on: date | None = None
    households: tuple[Called, ...] = ()
    colleagues: tuple[str, ...] = ()
    unclear: str = ""


_APART = re.compile(r"[\s,、。;:.!?]+")
_HALF = re.compile(r"(?:一大早|大清早|早上|早晨|上午|中午|下午|傍晚|晚上|晚饭后)(?:的时候)?")
_BARE_DAY = re.compile(r"\d{1,2}[-/.]\d{1,2}(?=[一-鿿])")
_VERB = re.compile(
    r"(?:我们?|俺们?|咱们?)?(?:又|再|刚才?|已经?|一起|一同|共同|分别|专门|顺便|到|去|来)*"
    r"(?:入户|走访|探访|家访|看望|慰问|拜访|回访|走了|跑了|看了看|看了|去看|访|到访|上门|去|到|在|给|对|和|跟)了?(?:一趟|一下)?"
)
_SUBJECT = re.compile(r"(?:我们?|俺们?|咱们?)(?:[两二三俩仨]个?人?)?")
_GROUP = re.compile(r"第?(?P<group>\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:村民小|小)?[组队]的?\s*")
_AND = re.compile(r"\s*(?:、|,|和|与|及|以及|还有|跟|,?又去了?|,?再去了?|再到)\s*(?=.)")
_HOME = re.compile(
    r"(?:老人|同志|大爷|大娘|大叔|婶子|家里|家中|家|那里|那儿|一家|[两二三四五六七八九十\d]+户|户|两口子|夫妇)+"
    r"(?:里|中|了解|走访|看了?看|坐了坐)?"
)
_TITLE = r"(?:大爷|大娘|大伯|大叔|大婶|大妈|大哥|大姐|大嫂|奶奶|爷爷|老汉|老太太|老太|老师|婶子|婶|叔|姨|嫂子|嫂|伯)"
_BY_TITLE = re.compile(rf"(?:(?P<old>[老小])(?P<s1>[一-鿿])(?:家|头|汉)|(?P<s2>[一-鿿]){_TITLE})")
_WITH = re.compile(r"(?:和|与|跟|同|会同|陪同?|带着?)\s*$")
_TOGETHER = re.compile(r"\s*(?:书记|队长|同志)?(?:一起|一同|一块儿?|共同|同去)?(?:去|到)?")

_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"
)
_NOT_NAMES = frozenset("一些几户两户群众村民老乡老人农户全组各户家家这那谁他她没不了是的在去到")
_NAME_ENDS = re.compile(r"(?=$|[\s,、。;:.]|家|户|老人|同志|大爷|大娘|和|与|及|两口子|夫妇)")


@dataclass(slots=True)
class _Reading:
    """Where the reading of a line stands."""

    plain: str
    today: date
    households: Sequence[Household]
    colleagues: Sequence[str]
    sounds: Sequence[str]
    at: int = 0
    on: date | None = None
    unclear: str = ""
    called: list[Called] = field(default_factory=list)
    along: list[str] = field(default_factory=list)

    def skip(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self.plain, self.at)
        if found is None or not found[0]:
            return False
        self.at = found.end()
        return True


def heard(
    line: str,
    today: date,
    households: Sequence[Household],
    *,
    colleagues: Sequence[str] = (),
    sounds: Sequence[str] = (),
) -> Heard:
    """What a line behind 走访 says: the day, the households, who came along, and what there was.

    `colleagues` are the names of the team; `sounds` are the syllables of the line, one a character, where names that
    sound the same are to be found as well. The text is what is left behind day and names; where the names stand in the
    middle of the sentence it is the whole sentence.
    """
    raw = line.strip()
    reading = _Reading(half_width(raw), today, households, colleagues, sounds)
    while _step(reading):
        pass
    apart = _APART.match(reading.plain, reading.at)
    text = raw[apart.end() if apart else reading.at :].strip()
    if not reading.called:
        reading.called += _inside(reading, reading.at)
    return Heard(text, reading.on, tuple(_once(reading.called)), tuple(reading.along), reading.unclear)


def _step(reading: _Reading) -> bool:
    """One thing more from the head of the line: a day, a colleague, a household, or a word between them."""
    if reading.skip(_APART):
        return True
    if reading.on is None and not reading.unclear and not reading.called and _day(reading):
        return True
    if _colleague(reading) or _household(reading):
        return True
    if reading.called:
        ahead = _AND.match(reading.plain, reading.at)
        if ahead is None or not _is_household(reading, ahead.end()):
            return False
        reading.at = ahead.end()
        return True
    return reading.skip(_HALF) or reading.skip(_VERB) or reading.skip(_SUBJECT)


def _day(reading: _Reading) -> bool:
    bare = _BARE_DAY.match(reading.plain, reading.at)  # 11.3走访: joined to what follows it is read by itself
    ahead = bare[0] if bare else reading.plain[reading.at :]
    on, words = found_day(ahead, reading.today, Lean.PAST)
    if not words or _GROUP.match(reading.plain, reading.at):
        return False
    if on is None or on > reading.today:
        reading.unclear = words.strip()
    else:
        reading.on = on
    reading.at += len(words)
    return True


def _colleague(reading: _Reading) -> bool:
    """和赵敏一起: somebody of the team came along."""
    joined = re.compile(r"(?:和|与|跟|同|会同)\s*").match(reading.plain, reading.at)
    start = joined.end() if joined else reading.at
    for name in sorted(reading.colleagues, key=len, reverse=True):
        if not reading.plain.startswith(name, start):
            continue
        behind = _TOGETHER.match(reading.plain, start + len(name))
        end = behind.end() if behind else start + len(name)
        if joined or end > start + len(name) or not reading.called:
            if name not in reading.along:
                reading.along.append(name)
            reading.at = end
            return True
    return False


def _household(reading: _Reading) -> bool:
    found = _is_household(reading, reading.at)
    if found is None:
        return False
    called, end = found
    reading.called.append(called)
    reading.at = end
    reading.skip(_HOME)
    return True


def _is_household(reading: _Reading, at: int) -> tuple[Called, int] | None:
    """The household that is named at a place, and where its words end."""
    group, start = None, at
    if (found := _GROUP.match(reading.plain, at)) is not None:
        group, start = number(found["group"]), found.end()
    elif reading.called and reading.called[-1].group is not None:
        group = None  # 3组陈淑兰、王福贵: the second may be of another group
    named = [made for way in (_by_name, _by_sound) if (made := way(reading, start, group)) is not None]
    made = max(named, key=lambda one: one[1], default=None)  # 李有财 is 李有才 misspelt, not 李有
    longer = _unknown(reading, start, group)
    if made is not None and made[1] - start == 2 and longer is not None and longer[1] > made[1]:
        made = longer  # 李有田 is somebody else than 李有
    made = made or _by_title(reading, start, group) or longer
    if made is None:
        return None
    ids, end = made
    return Called(reading.plain[at:end].strip(), ids, group), end


def _narrowed(ids: Sequence[Household], group: int | None) -> tuple[int, ...]:
    """Those of the group that is said; all, where none of them is of it."""
    there = [one.id for one in ids if group is None or one.group == group]
    return tuple(there or [one.id for one in ids])


def _by_name(reading: _Reading, start: int, group: int | None) -> tuple[tuple[int, ...], int] | None:
    fits = [
        (name, one)
        for one in reading.households
        for name in (one.head, *one.others)
        if name and reading.plain.startswith(name, start)
    ]
    if not fits:
        return None
    longest = max(len(name) for name, _one in fits)
    found = {one.id: one for name, one in fits if len(name) == longest}
    heads = [one for name, one in fits if len(name) == longest and name == one.head]
    return _narrowed(heads or list(found.values()), group), start + longest


def _by_sound(reading: _Reading, start: int, group: int | None) -> tuple[tuple[int, ...], int] | None:
    """陈淑蓝 for 陈淑兰: the same syllables, the surname as it is written or sounding the same."""
    fits = [
        one
        for one in reading.households
        if len(one.sounds) >= 2 and tuple(reading.sounds[start : start + len(one.sounds)]) == one.sounds
    ]
    if not fits:
        return None
    longest = max(len(one.sounds) for one in fits)
    return _narrowed([one for one in fits if len(one.sounds) == longest], group), start + longest


def _by_title(reading: _Reading, start: int, group: int | None) -> tuple[tuple[int, ...], int] | None:
    """陈大爷, 老陈家: whoever has that surname."""
    found = _BY_TITLE.match(reading.plain, start)
    if found is None:
        return None
    surname = found["s1"] or found["s2"]
    if surname not in _SURNAMES:
        return None
    fits = [one for one in reading.households if one.head.startswith(surname)]
    return (_narrowed(fits, group) if fits else ()), found.end()


def _unknown(reading: _Reading, start: int, group: int | None) -> tuple[tuple[int, ...], int] | None:
    """A name that nobody in the list has: behind a group, or a surname and one or two characters that end there."""
    if start >= len(reading.plain) or reading.plain[start] not in _SURNAMES:
        return None
    for length in (3, 2, 4):
        words = reading.plain[start : start + length]
        is_name = len(words) == length and all("一" <= char <= "鿿" for char in words)
        if not is_name or set(words[1:]) & _NOT_NAMES or _BY_TITLE.fullmatch(words):
            continue
        ends = _NAME_ENDS.match(reading.plain, start + length)
        if ends is not None and (group is not None or length < 4):
            return (), start + length
    return None


def _inside(reading: _Reading, start: int) -> Iterator[Called]:
    """Heads of households that are named in the middle of the sentence, each once; not who came along."""
    at = start
    while at < len(reading.plain):
        group = _GROUP.match(reading.plain, at)
        begin = group.end() if group else at
        made = _by_name(reading, begin, number(group["group"]) if group else None)
        if made is None:
            at += 1
            continue
        ids, end = made
        if reading.plain[begin:end] not in reading.colleagues:
            yield Called(reading.plain[at:end], ids, number(group["group"]) if group else None)
        at = end


def _once(called: Sequence[Called]) -> Iterator[Called]:
    seen: set[tuple[int, ...] | str] = set()
    for one in called:
        key: tuple[int, ...] | str = one.ids or one.words
        if key not in seen:
            seen.add(key)
            yield one
