"""What a villager asks for, as a sentence says it."""

import pytest

from policy import requests
from policy.requests import RequestKind


@pytest.mark.parametrize(
    "text, kind",
    [
        ("屋顶漏雨，想申请危房改造", RequestKind.HOUSING),
        ("墙裂了，盼着修", RequestKind.HOUSING),
        ("自来水停水三天", RequestKind.WATER),
        ("井水发浑", RequestKind.WATER),
        ("3组路灯不亮", RequestKind.POWER),
        ("入户路泥泞，要求硬化", RequestKind.ROAD),
        ("问慢病能不能报销", RequestKind.MEDICAL),
        ("手术花了五万，医药费拿不出", RequestKind.MEDICAL),
        ("想办低保", RequestKind.ALLOWANCE),
        ("孩子上学学费不够", RequestKind.SCHOOL),
        ("希望安排公益岗", RequestKind.WORK),
        ("外出打工工资没发", RequestKind.WORK),
        ("核桃滞销", RequestKind.INDUSTRY),
        ("想贷款养羊", RequestKind.INDUSTRY),
        ("承包地被占，要求确权", RequestKind.LAND),
        ("独居，没人照顾", RequestKind.CARE),
        ("厕所堵了", RequestKind.SANITATION),
        ("和邻居有纠纷，请求调解", RequestKind.DISPUTE),
        ("户口本丢了，需要补办", RequestKind.PAPERS),
        ("希望多来坐坐", RequestKind.OTHER),
        ("无诉求", None),
        ("没有困难", None),
        ("没什么要求", None),
        ("一切都好", None),
        ("屋顶已修好", None),
        ("路修好了，很满意", None),
        ("自来水通水了", None),
        ("送药，量血压", None),
        ("讲医保政策", None),
        ("腿疼", None),
        ("没有别的困难，就是路灯不亮", RequestKind.POWER),
        ("", None),
    ],
)
def test_told(text, kind):
    assert requests.told(text) is kind


@pytest.mark.parametrize(
    "text, unrest",
    [
        ("两家为地界打起来了", True),
        ("说要去市里上访", True),
        ("扬言堵路", True),
        ("老人说不想活想不开", True),
        ("两家为地界有矛盾", False),
        ("打算养羊", False),
    ],
)
def test_early_signs_of_conflict(text, unrest):
    assert requests.is_unrest(text) is unrest
