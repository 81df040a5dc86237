"""Names of persons in a text, by what stands around them. Pure.

A Chinese name is a surname and one or two characters, and so are thousands of words. A word is
taken for a name where the words beside it speak of a person: before it (“the window's …”, “my name
is …”), after it (“… said”, “…'s attitude”), or as a title.
"""

from __future__ import annotations

import re
from pathlib import Path

# The commonest surnames, 98 % of all people, without those that hardly begin anything but words.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶"
    "程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾"
    "毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰"
    "焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁"
    "蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂"
    "全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑"
)
_COMPOUND = (
    "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|端木|夏侯|轩辕|宇文|长孙|独孤|南宫"
)
_SURNAME = f"(?:{_COMPOUND}|[{_SURNAMES}])"
_GIVEN = r"[\u4e00-\u9fff]"

_TITLES = (
    "先生|女士|小姐|太太|夫人|同志|老师|教授|校长|同学|医生|大夫|护士|律师|法官|警官|警察|师傅"
    "|[科处局所站队组班部厅院镇村乡县区市]长|主任|书记|经理|主管|董事长|老板|会计|阿姨|叔叔"
    "|大[姐哥妈爷叔婶伯]|奶奶|爷爷|伯伯|师母"
)
# What a name follows. Longer words first.
_BEFORE = (
    "我的?名字(?:是|叫)|名叫|叫做|叫|姓名|我是|本人|联系人|经办人|受理人|办理人|负责人|户主|"
    "委托人|代理人|当事人|申请人|法人代表|法定代表人|法人|我(?:的)?(?:儿子|女儿|丈夫|老公|"
    "妻子|老婆|爱人|父亲|母亲|爸爸?|妈妈?|哥哥?|姐姐?|弟弟?|妹妹?|孙子|孙女|孩子)|窗口的?|"
    "工作人员的?|办事员的?|柜员|客服|保安|导办|前台的?|同事|领导|转告|通知|表扬|感谢|投诉|"
    "举报|请问|找到?|由|让|被|是|给"
)
# What follows a name.
_AFTER = (
    "的?(?:态度|服务|户口|退休金|养老金|材料|档案|社保|医保|入学)|(?:明明|一直|总是|又|却|就|"
    "很|非常|特别|十分|真|太)?(?:说|骂|让|叫我|不让|接待|负责|热情|耐心|敷衍|推诿|刁难|态度|"
    "承诺|答应|签字|复印|办理我|没有到场|本人)|什么时候|在哪"
)

# Words that begin like a name and are none.
_WORDS = frozenset((Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split())

_CHINESE = re.compile(
    rf"(?P<titled>{_SURNAME}{_GIVEN}{{0,2}}?)(?:{_TITLES})"
    rf"|(?:{_BEFORE})[\s:：,，“\"「『]*(?P<told>{_SURNAME}{_GIVEN}{{1,2}})"
    rf"|(?P<doing>{_SURNAME}{_GIVEN}{{1,2}}?)(?:{_AFTER})"
)
_ENGLISH = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Officer)\.?\s+[A-Z]\w+"
    r"|\b(?:[Mm]y name is|I am|I'm|called|named|served by|clerk)\s+[A-Z][a-z]+\s+[A-Z][a-z]+"
)


def names_somebody(text: str) -> bool:
    """Whether ``text`` seems to name a person."""
    at = 0
    while found := _CHINESE.search(text, at):
        name = found["titled"] or found["told"] or found["doing"]
        if name[:2] not in _WORDS:
            return True
        # What begins within the word may be a name all the same.
        at = found.start() + 1
    return _ENGLISH.search(text) is not None
