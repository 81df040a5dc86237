"""The notices are quoted as the State Council's General Office published them."""

from datetime import date, timedelta

import pytest

from huiyin.calendars import services
from huiyin.calendars.arithmetic import YearTable
from huiyin.calendars.history import History, Revision
from huiyin.calendars.notices import Doubt, Notice, Reading, read, spans, year_of

NOTICES = {
    2019: """国务院办公厅关于2019年
部分节假日安排的通知
国办发明电〔2018〕15号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2019年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。
二、春节：2月4日至10日放假调休，共7天。2月2日（星期六）、2月3日（星期日）上班。
三、清明节：4月5日放假，与周末连休。
四、劳动节：5月1日放假。
五、端午节：6月7日放假，与周末连休。
六、中秋节：9月13日放假，与周末连休。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作，遇有重大突发事件，要按规定及时报告并妥善处置，确保人民群众祥和平安度过节日假期。
国务院办公厅
2018年12月4日""",
    2020: """国务院办公厅关于2020年部分节假日安排的通知
国办发明电〔2019〕16号
一、元旦：2020年1月1日放假，共1天。
二、春节：1月24日至30日放假调休，共7天。1月19日（星期日）、2月1日（星期六）上班。
三、清明节：4月4日至6日放假调休，共3天。
四、劳动节：5月1日至5日放假调休，共5天。4月26日（星期日）、5月9日（星期六）上班。
五、端午节：6月25日至27日放假调休，共3天。6月28日（星期日）上班。
六、国庆节、中秋节：10月1日至8日放假调休，共8天。9月27日（星期日）、10月10日（星期六）上班。""",
    2023: """国务院办公厅关于2023年部分节假日安排的通知
一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。
二、春节：1月21日至27日放假调休，共7天。1月28日（星期六）、1月29日（星期日）上班。
三、清明节：4月5日放假，共1天。
四、劳动节：4月29日至5月3日放假调休，共5天。4月23日（星期日）、5月6日（星期六）上班。
五、端午节：6月22日至24日放假调休，共3天。6月25日（星期日）上班。
六、中秋节、国庆节：9月29日至10月6日放假调休，共8天。10月7日（星期六）、10月8日（星期日）上班。""",
    2024: """国务院办公厅关于2024年部分节假日安排的通知
一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2025: """国务院办公厅关于2025年部分节假日安排的通知
国办发明电〔2024〕12号
一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。
2024年11月12日""",
    2026: """国务院办公厅关于2026年部分节假日安排的通知
国办发明电〔2025〕7号
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
2025年11月4日""",
}
EXTENDED_2020 = """国务院办公厅关于延长2020年春节假期的通知
国办发明电〔2020〕1号
经国务院批准，为加强新型冠状病毒感染的肺炎疫情防控工作，现将延长2020年春节假期的具体安排通知如下。
一、延长2020年春节假期至2月2日（农历正月初九，星期日），2月3日（星期一）起正常上班。
二、各地大专院校、中小学、幼儿园推迟开学，具体时间由教育部门另行通知。
三、因疫情防控不能休假的职工，应根据《中华人民共和国劳动法》规定安排补休，未休假期的工资报酬应按照有关政策保障落实。
国务院办公厅
2020年1月26日"""
ADJUSTED_2019 = """国务院办公厅关于调整2019年劳动节假期安排的通知
国办发明电〔2019〕3号
经国务院批准，现将调整2019年劳动节放假安排通知如下。
一、2019年5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。"""


def published(text: str, history: History | None = None) -> list[YearTable]:
    """The tables that publishing ``text`` adds to ``history``."""
    history = history or History([])
    year = year_of(text)
    assert year
    reading = read(text, year)
    assert not reading.doubts
    return reading.notice(history).tables(history)


def same_days(one: YearTable, other: YearTable) -> bool:
    days = [date(one.year, 1, 1) + timedelta(days=n) for n in range(365)]
    return one.year == other.year and all(
        one.is_working(day) == other.is_working(day) for day in days
    )


def shipped(year: int, revision: int) -> YearTable:
    [found] = [
        each.table
        for each in services.shipped()._revisions
        if (each.table.year, each.table.revision) == (year, revision)
    ]
    return found


@pytest.mark.parametrize("year", NOTICES)
def test_a_notice_read_from_its_text_has_the_days_that_are_shipped(year: int) -> None:
    assert year_of(NOTICES[year]) == year
    assert same_days(published(NOTICES[year])[-1], shipped(year, 1))


def test_an_extension_changes_the_version_before_it() -> None:
    history = History([Revision("", None, shipped(2020, 1))])

    [table] = published(EXTENDED_2020, history)
    assert table.version == "CN-2020.2"
    assert same_days(table, shipped(2020, 2))


def test_an_adjustment_changes_only_what_it_names() -> None:
    history = History([Revision("", None, shipped(2019, 1))])

    [table] = published(ADJUSTED_2019, history)
    assert table.version == "CN-2019.2"
    assert same_days(table, shipped(2019, 2))


def test_a_long_new_year_is_a_revision_of_the_year_before_too() -> None:
    history = History([Revision("", None, shipped(2018, 1))])

    before, own = published(NOTICES[2019], history)
    assert (before.version, own.version) == ("CN-2018.2", "CN-2019.1")
    assert same_days(before, shipped(2018, 2))
    assert before.is_working(date(2018, 12, 29))
    assert not before.is_working(date(2018, 12, 31))


def test_a_new_year_over_a_weekend_leaves_the_year_before_alone() -> None:
    history = History([Revision("", None, shipped(2022, 1))])

    assert [table.version for table in published(NOTICES[2023], history)] == ["CN-2023.1"]


def test_the_year_before_rests_on_the_guess_when_it_is_not_known() -> None:
    before, _own = published(NOTICES[2019])

    assert before.provisional
    assert not before.is_working(date(2018, 10, 1))


def test_title_number_and_day_are_read_too() -> None:
    reading = read(NOTICES[2019], 2019)

    assert reading.title == ("国务院办公厅关于2019年部分节假日安排的通知（国办发明电〔2018〕15号）")
    assert reading.signed_on == date(2018, 12, 4)


def test_a_recommended_day_is_no_day_off() -> None:
    assert date(2024, 2, 9) not in read(NOTICES[2024], 2024).off


@pytest.mark.parametrize(
    ("sentence", "doubt"),
    [
        ("1月3日（周日）放假1天。", Doubt.WEEKDAY),
        ("1月1日至3日放假调休，共4天。", Doubt.COUNT),
        ("1月5日另行通知。", Doubt.UNREAD),
        ("2月30日放假。", Doubt.NO_SUCH_DAY),
        ("5月5日至1日放假。", Doubt.NO_SUCH_DAY),
        ("13月1日放假。", Doubt.NO_SUCH_DAY),
    ],
)
def test_what_does_not_fit_is_a_doubt(sentence: str, doubt: Doubt) -> None:
    reading = read(sentence, 2026)

    assert [kind for kind, _text in reading.doubts] == [doubt]


def test_older_wordings_are_understood() -> None:
    old = read(
        "1月1日—3日放假，共3天。其中1月1日为法定假日，将2006年12月30日（星期六)、31日（星期日）"
        "两个公休日分别调至2007年1月2日、3日，2006年12月30日（星期六)、31日（星期日）上班。",
        2007,
    )
    assert spans(old.off) == [(date(2007, 1, 1), date(2007, 1, 3))]
    assert spans(old.worked) == [(date(2006, 12, 30), date(2006, 12, 31))]
    assert read("4月5日放假，4月7日（星期一）补休。", 2014).off == {
        date(2014, 4, 5),
        date(2014, 4, 7),
    }


def test_a_text_without_days_says_nothing() -> None:
    reading = read("各地区、各部门要妥善安排好值班和安全、保卫等工作。", 2026)

    assert reading == Reading(2026)


def test_a_region_adds_its_own_days_to_its_own_table() -> None:
    reading = read("“壮族三月三”：4月19日（星期日）至4月22日（星期三）放假。", 2026)
    notice = Notice(2026, frozenset(reading.off), frozenset(), region="450000000000")

    [table] = notice.tables(services.shipped())
    assert table.revision == 1
    assert len(table.off) == 4
