"""走访 in a line, as cadres write it: whose household, which day, who came along, what is left to keep."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from policy.spoken_visits import Household, heard
from policy.typed import half_width

TODAY = date(2026, 11, 23)  # a Monday
COLLEAGUES = ("赵敏", "王强")


def sounds(text):
    return tuple(lazy_pinyin(char)[0] for char in half_width(text).strip())


def home(number, head, group, *others):
    return Household(number, head, group, others, sounds(head))


VILLAGE = [
    home(1, "陈淑兰", 3),
    home(2, "陈淑兰", 7),
    home(3, "王福贵", 5, "赵桂英"),
    home(4, "李有才", 3),
    home(5, "张翠花", 1),
    home(6, "刘大山", 2),
    home(7, "赵铁柱", 5),
    home(8, "陈永强", 3),
    home(9, "欧阳明", 4),
    home(10, "王秀英", 1),
    home(11, "王秀英", 6),
    home(12, "孙丽", 2),
    home(13, "王强", 4),
    home(14, "李有", 8),
]
CHENS, YOUCAI, FUGUI, XIUYING = (1, 2), (4,), (3,), (10, 11)
NOV = {n: date(2026, 11, n) for n in range(1, 31)}

LINES = [
    # one household, the group and the name
    ("3组陈淑兰 屋顶漏雨，想申请危房改造", [(1,)], None, "屋顶漏雨，想申请危房改造"),
    ("三组陈淑兰 屋顶漏雨", [(1,)], None, "屋顶漏雨"),
    ("第三组陈淑兰，屋顶漏雨", [(1,)], None, "屋顶漏雨"),
    ("3小组陈淑兰 屋顶漏雨", [(1,)], None, "屋顶漏雨"),
    ("3 组 陈淑兰 屋顶漏雨", [(1,)], None, "屋顶漏雨"),
    ("３组陈淑兰　屋顶漏雨", [(1,)], None, "屋顶漏雨"),
    ("七组陈淑兰 一切都好", [(2,)], None, "一切都好"),
    ("第7村民小组陈淑兰 一切都好", [(2,)], None, "一切都好"),
    ("七队陈淑兰 一切都好", [(2,)], None, "一切都好"),
    ("王福贵 腿疼，问慢病能不能报销", [FUGUI], None, "腿疼，问慢病能不能报销"),
    ("王福贵家 腿疼", [FUGUI], None, "腿疼"),
    ("王福贵家里 腿疼", [FUGUI], None, "腿疼"),
    ("王福贵家，腿疼", [FUGUI], None, "腿疼"),
    ("王福贵老人 送药", [FUGUI], None, "送药"),
    ("王福贵大爷家 送药", [FUGUI], None, "送药"),
    ("王福贵两口子 都在家", [FUGUI], None, "都在家"),
    ("到王福贵家 腿疼", [FUGUI], None, "腿疼"),
    ("去王福贵家里看了看，腿疼", [FUGUI], None, "腿疼"),
    ("去了王福贵家，腿疼", [FUGUI], None, "腿疼"),
    ("看望王福贵，腿疼", [FUGUI], None, "腿疼"),
    ("慰问王福贵 送米送油", [FUGUI], None, "送米送油"),
    ("入户王福贵 讲医保政策", [FUGUI], None, "讲医保政策"),
    ("回访王福贵 上次的药已送到", [FUGUI], None, "上次的药已送到"),
    ("给王福贵送药", [FUGUI], None, "送药"),
    ("对王福贵家开展防火宣传", [FUGUI], None, "开展防火宣传"),
    ("欧阳明 收玉米缺人手", [(9,)], None, "收玉米缺人手"),
    ("欧阳明家核桃滞销", [(9,)], None, "核桃滞销"),
    ("王福贵", [FUGUI], None, ""),
    ("王福贵。", [FUGUI], None, ""),
    # somebody else of the household
    ("赵桂英 想办残疾证", [FUGUI], None, "想办残疾证"),
    ("5组赵桂英 想办残疾证", [FUGUI], None, "想办残疾证"),
    # the same name twice, and names within names
    ("陈淑兰 屋顶漏雨", [CHENS], None, "屋顶漏雨"),
    ("9组陈淑兰 屋顶漏雨", [CHENS], None, "屋顶漏雨"),
    ("王秀英 孩子上学", [XIUYING], None, "孩子上学"),
    ("6组王秀英 孩子上学", [(11,)], None, "孩子上学"),
    ("李有才 羊病了", [YOUCAI], None, "羊病了"),
    ("李有 羊病了", [(14,)], None, "羊病了"),
    # typed as it sounds
    ("3组陈淑蓝 屋顶漏雨", [(1,)], None, "屋顶漏雨"),
    ("3组陈书兰 屋顶漏雨", [(1,)], None, "屋顶漏雨"),
    ("王富贵 腿疼", [FUGUI], None, "腿疼"),
    ("王福桂家 腿疼", [FUGUI], None, "腿疼"),
    ("张翠华 独居", [(5,)], None, "独居"),
    ("张脆花 独居", [(5,)], None, "独居"),
    ("章翠花 独居", [(5,)], None, "独居"),
    ("刘大闪 养羊", [(6,)], None, "养羊"),
    ("赵铁住 养牛", [(7,)], None, "养牛"),
    ("王付贵、李有财 都说路不好走", [FUGUI, YOUCAI], None, "都说路不好走"),
    # by title
    ("张大娘 独居，水管漏水", [(5,)], None, "独居，水管漏水"),
    ("老刘家 羊病了", [(6,)], None, "羊病了"),
    ("刘大爷 羊病了", [(6,)], None, "羊病了"),
    ("刘叔 羊病了", [(6,)], None, "羊病了"),
    ("陈大爷 看病难", [(1, 2, 8)], None, "看病难"),
    ("3组陈大爷 看病难", [(1, 8)], None, "看病难"),
    ("老陈家 看病难", [(1, 2, 8)], None, "看病难"),
    ("2组刘老汉 看病难", [(6,)], None, "看病难"),
    ("周大爷 看病难", [()], None, "看病难"),
    ("去老刘家，羊病了", [(6,)], None, "羊病了"),
    # several households
    ("王福贵、李有才 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵，李有才 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵和李有才 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵与李有才家 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵家、李有才家，讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵家和李有才家 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵 李有才 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵、李有才、刘大山 讲医保政策", [FUGUI, YOUCAI, (6,)], None, "讲医保政策"),
    ("5组王福贵、3组李有才 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("3组陈淑兰、李有才 讲医保政策", [(1,), YOUCAI], None, "讲医保政策"),
    ("王福贵还有李有才 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵以及李有才两户 讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵，又去了李有才家，讲医保政策", [FUGUI, YOUCAI], None, "讲医保政策"),
    ("王福贵、王福贵家 腿疼", [FUGUI], None, "腿疼"),
    ("王福贵、周大海 讲医保政策", [FUGUI, ()], None, "讲医保政策"),
    ("陈淑兰、王秀英 讲医保政策", [CHENS, XIUYING], None, "讲医保政策"),
    # named in the middle of the sentence: the sentence stays whole
    ("在院里碰见王福贵，说腿疼", [FUGUI], None, "院里碰见王福贵，说腿疼"),
    ("宣传医保政策，王福贵、刘大山都听了", [FUGUI, (6,)], None, "宣传医保政策，王福贵、刘大山都听了"),
    ("路灯坏了，3组陈淑兰反映的", [(1,)], None, "路灯坏了，3组陈淑兰反映的"),
    ("帮刘大山家收玉米", [(6,)], None, "帮刘大山家收玉米"),
    ("听说李有才住院了", [YOUCAI], None, "听说李有才住院了"),
    # nobody by name
    ("院坝会宣讲政策，来了20多人", [], None, "院坝会宣讲政策，来了20多人"),
    ("独居老人3户，都安好", [], None, "独居老人3户，都安好"),
    ("排查房屋安全12户", [], None, "排查房屋安全12户"),
    ("全村大走访，宣传防火", [], None, "全村大走访，宣传防火"),
    ("几户老人，送药", [], None, "几户老人，送药"),
    ("3组群众反映路灯不亮", [], None, "3组群众反映路灯不亮"),
    ("村民说井水发浑", [], None, "村民说井水发浑"),
    # not in the list
    ("5组周大海 屋顶漏雨", [()], None, "屋顶漏雨"),
    ("周大海 屋顶漏雨", [()], None, "屋顶漏雨"),
    ("周大海家 屋顶漏雨", [()], None, "屋顶漏雨"),
    ("周海，屋顶漏雨", [()], None, "屋顶漏雨"),
    ("3组李有田 屋顶漏雨", [()], None, "屋顶漏雨"),
    ("8组周海家屋顶漏雨", [()], None, "屋顶漏雨"),
    # days
    ("昨天王福贵 腿疼", [FUGUI], NOV[22], "腿疼"),
    ("昨天去王福贵家 腿疼", [FUGUI], NOV[22], "腿疼"),
    ("昨天下午去王福贵家，腿疼", [FUGUI], NOV[22], "腿疼"),
    ("昨晚去王福贵家，腿疼", [FUGUI], NOV[22], "腿疼"),
    ("前天 王福贵 腿疼", [FUGUI], NOV[21], "腿疼"),
    ("今天王福贵 腿疼", [FUGUI], NOV[23], "腿疼"),
    ("今早王福贵 腿疼", [FUGUI], NOV[23], "腿疼"),
    ("上午王福贵 腿疼", [FUGUI], None, "腿疼"),
    ("早上去了王福贵家 腿疼", [FUGUI], None, "腿疼"),
    ("上周五王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("上周五入户王福贵家 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("周五王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("上礼拜三 王福贵 腿疼", [FUGUI], NOV[18], "腿疼"),
    ("星期六 王福贵 腿疼", [FUGUI], NOV[21], "腿疼"),
    ("11.3 王福贵 腿疼", [FUGUI], NOV[3], "腿疼"),
    ("11.3走访王福贵 腿疼", [FUGUI], NOV[3], "腿疼"),
    ("11-20 王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("11/20 王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("11月20日王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("11月20号下午王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("十一月二十日 王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("20号 王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("20日王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("2026-11-20 王福贵 腿疼", [FUGUI], NOV[20], "腿疼"),
    ("王福贵 昨天腿疼", [FUGUI], None, "昨天腿疼"),
    ("昨天3组陈淑兰 屋顶漏雨", [(1,)], NOV[22], "屋顶漏雨"),
    ("昨天和王福贵聊了聊医保", [FUGUI], NOV[22], "聊了聊医保"),
    ("我昨天去王福贵家 腿疼", [FUGUI], NOV[22], "腿疼"),
    # how it is begun
    ("我去了王福贵家，腿疼", [FUGUI], None, "腿疼"),
    ("我们到王福贵家，腿疼", [FUGUI], None, "腿疼"),
    ("俺们走访了王福贵，腿疼", [FUGUI], None, "腿疼"),
    ("走访了王福贵，腿疼", [FUGUI], None, "腿疼"),
    ("：王福贵 腿疼", [FUGUI], None, "腿疼"),
    ("一下王福贵 腿疼", [FUGUI], None, "一下王福贵 腿疼"),
]


def test_there_are_enough_of_them():
    assert len(LINES) >= 120


@pytest.mark.parametrize("line, ids, on, text", LINES, ids=[row[0] for row in LINES])
def test_lines(line, ids, on, text):
    said = heard(line, TODAY, VILLAGE, colleagues=COLLEAGUES, sounds=sounds(line))
    assert [called.ids for called in said.households] == ids
    assert (said.on, said.unclear) == (on, "")
    assert said.text == text


@pytest.mark.parametrize(
    "line, along, ids, text",
    [
        ("和赵敏一起去王福贵家，腿疼", ["赵敏"], [FUGUI], "腿疼"),
        ("与赵敏一同走访王福贵 腿疼", ["赵敏"], [FUGUI], "腿疼"),
        ("昨天和赵敏一起去王福贵家，腿疼", ["赵敏"], [FUGUI], "腿疼"),
        ("我和赵敏走访王福贵、李有才 讲政策", ["赵敏"], [FUGUI, YOUCAI], "讲政策"),
        ("和赵敏、王强一起走访王福贵 讲政策", ["赵敏", "王强"], [FUGUI], "讲政策"),
        ("会同赵敏看望王福贵 送药", ["赵敏"], [FUGUI], "送药"),
        ("4组王强 养蜂", [], [(13,)], "养蜂"),
    ],
)
def test_two_together(line, along, ids, text):
    said = heard(line, TODAY, VILLAGE, colleagues=COLLEAGUES, sounds=sounds(line))
    assert list(said.colleagues) == along
    assert [called.ids for called in said.households] == ids
    assert said.text == text


@pytest.mark.parametrize(
    "line, words",
    [
        ("明天王福贵 腿疼", "明天"),
        ("下周一王福贵 腿疼", "下周一"),
        ("2026-12-20 王福贵 腿疼", "2026-12-20"),
        ("11月31日 王福贵 腿疼", "11月31日"),
    ],
)
def test_a_day_that_is_none_or_not_yet_here_is_said(line, words):
    said = heard(line, TODAY, VILLAGE, sounds=sounds(line))
    assert (said.on, said.unclear) == (None, words)
    assert [called.ids for called in said.households] == [FUGUI]


def test_what_was_called_and_in_which_group():
    (called,) = heard("5组周大海 屋顶漏雨", TODAY, VILLAGE).households
    assert (called.words, called.group, called.is_found) == ("5组周大海", 5, False)


def test_without_a_list_of_households_the_sentence_stays():
    said = heard("3组陈淑兰 屋顶漏雨", TODAY, [])
    assert [(called.words, called.ids) for called in said.households] == [("3组陈淑兰", ())]
    assert said.text == "屋顶漏雨"


@given(st.text(alphabet="3组陈淑兰王福贵昨天和赵敏一起去、，家 11.20日老大爷走访\n", max_size=40))
def test_no_line_is_too_odd(line):
    said = heard(line, TODAY, VILLAGE, colleagues=COLLEAGUES, sounds=sounds(line) if line.strip() else ())
    assert said.on is None or said.on <= TODAY
    assert said.text in line
