"""[取消] under a question ends that matter alone; an old one leaves what is being done now."""

from tests.figures import ask, cast


async def test_an_old_button_leaves_what_is_done_now(world):
    people = cast(world)
    sun, wang = people["孙丽"], people["王强"]
    await ask(sun)
    await wang.says("报数")
    old = await wang.sees("1/4 受灾户数", buttons=["0", "取消"])
    await wang.presses("取消")
    await wang.sees("不办了：报数")
    old_data = old.buttons().get("取消", "cancel:1")
    await wang.says("公出")
    await wang.says("报数")
    await wang.says("3")
    await wang.sees("2/4 危房")
    await wang.presses_data(old_data, old)
    await wang.sees("这个「取消」是之前那件事的，那件事已经过了", "正在办的还在：报数", buttons=[])
    await wang.says("2")
    await wang.sees("3/4 是否停电")
    await wang.presses("取消")
    await wang.sees("不办了：报数")


async def test_of_another_matter_it_says_which_goes_on(world):
    people = cast(world)
    sun = people["孙丽"]
    await sun.says("邀请")
    old = await sun.sees("邀请谁", buttons=["取消"])
    data = old.buttons()["取消"]
    assert len(data) <= 64
    await sun.says("我的通知")
    await sun.says("报数 情况\n户数 户")
    await sun.sees("依据哪个文件")
    await sun.presses_data(data, old)
    await sun.sees("正在办的还在：新报数")
    await sun.says("县防指通知")
    await sun.sees("什么时候报完")


async def test_an_earlier_question_of_the_same_matter_ends_it(world):
    people = cast(world)
    sun = people["孙丽"]
    await sun.says("报数 情况")
    first = await sun.sees("要报哪些数")
    await sun.says("户数 户")
    await sun.sees("记下 1 项")
    await sun.presses_data(first.buttons()["取消"], first)
    await sun.sees("不办了：新报数")


async def test_pressed_when_nothing_is_done_any_more(world):
    people = cast(world)
    sun = people["孙丽"]
    await sun.says("报数 情况")
    said = await sun.sees("要报哪些数")
    data = said.buttons()["取消"]
    await sun.presses_data(data, said)
    await sun.sees("不办了：新报数")
    await sun.presses_data(data, said)
    await sun.sees("现在没有正在办的事")
    await sun.says("报数 情况")
    await sun.presses_data("cancel", said)
    await sun.sees("这个按钮已经过时了")
    await sun.says("户数 户")
    await sun.sees("记下 1 项")


async def test_after_a_refusal_the_button_still_ends_it(world):
    people = cast(world)
    sun = people["孙丽"]
    await sun.says("报数 情况")
    await sun.says("看不懂的")
    said = await sun.sees("没看懂“看不懂的”", buttons=["取消"])
    await sun.presses_data(said.buttons()["取消"], said)
    await sun.sees("不办了：新报数")
