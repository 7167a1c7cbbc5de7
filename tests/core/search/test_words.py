"""Words in many languages and scripts, and the language that is told from stop words."""

import pytest

from core.search import KeywordIndex
from core.search.words import Words, split, words_of

ENGLISH = "The house is on the hill and there was a cat in it, which slept for most of the day. " * 3
GERMAN = "Das Haus steht auf dem Hügel und die Katze schlief fast den ganzen Tag, weil sie müde war. " * 3
FRENCH = "La maison est sur la colline et le chat dormait dans la cuisine, parce qu'il était fatigué. " * 3
RUSSIAN = "Дом стоит на холме, и кошка спала в нём весь день, потому что она устала. " * 4
POLISH = "Dom stoi za miastem, kotka spała cały dzień pod oknem, ponieważ bardzo zmęczyła ją zabawa. " * 5


@pytest.mark.parametrize(
    ("text", "language"),
    [(ENGLISH, "English"), (GERMAN, "German"), (FRENCH, "French"), (RUSSIAN, "Russian"), (POLISH, "")],
)
def test_the_language_is_that_of_most_stop_words_or_none(text: str, language: str) -> None:
    assert words_of([text]).language == language


def test_few_words_without_a_stop_word_are_taken_for_english_in_ascii_alone() -> None:
    assert words_of(["red foxes", "blue whales"]).language == "English"
    assert words_of(["rote Füchse", "blaue Wale"]).language == ""


@pytest.mark.parametrize(
    ("texts", "query", "found"),
    [
        (["机器学习是人工智能的一个分支。", "火车在冬天经常晚点。", "今天的天气很好。"], "机器学习", [0]),
        (["機械学習は人工知能の一分野です。", "冬は電車がよく遅れます。"], "電車の遅れ", [1]),
        (["기계 학습은 인공지능의 한 분야이다.", "겨울에는 기차가 자주 늦는다."], "기차", [1]),
        (["การเรียนรู้ของเครื่อง", "รถไฟมักจะล่าช้าในฤดูหนาว"], "รถไฟ", [1]),
        (["ການຮຽນຮູ້ຂອງເຄື່ອງ", "ລົດໄຟມັກຈະຊ້າ"], "ລົດໄຟ", [1]),
        (["ការរៀនម៉ាស៊ីន", "រថភ្លើងជាញឹកញាប់យឺត"], "រថភ្លើង", [1]),
        (["စက်သင်ယူမှု", "ရထားများ နောက်ကျသည်"], "ရထား", [1]),
        (["今天水很多", "火车晚点"], "水", [0]),
        (["हिन्दी भाषा", "रेलगाड़ी देर से आती है"], "हिन्दी", [0]),
        (["Die Häuser sind alt, und der Weg ist weit.", "Die Katze ist auf dem Dach."], "Haus der Katzen", [1, 0]),
        (["Vitamin C is found in oranges.", "The R language is for statistics."], "C", [0]),
        (["ＡＢＣ ﾃｽﾄ", "カメラ"], "テスト", [0]),
        (["cafe\u0301 au lait", "the"], "café", [0]),
    ],
)
def test_what_is_asked_is_found(texts: list[str], query: str, found: list[int]) -> None:
    assert KeywordIndex(texts).search([query]).rows_of().tolist() == found


def test_a_single_letter_is_a_word_unless_an_apostrophe_cuts_it_off() -> None:
    assert split("It's the dog's C major, l'eau d’or") == ["it", "the", "dog", "c", "major", "eau", "or"]


def test_what_counts_as_a_word_is_said() -> None:
    assert words_of([ENGLISH]).sentence == "stemmed English words"
    assert words_of([POLISH]).sentence == "words as written"
    assert words_of(["机器学习"]).sentence == "pairs of characters"
    assert words_of([ENGLISH, "机器学习"]).sentence == "stemmed English words and pairs of characters"


def test_why_nothing_is_found_is_said_truly() -> None:
    index = KeywordIndex([ENGLISH])
    assert index.explain_nothing("zebra") == "None of the texts searched shares a word with the query."
    assert index.explain_nothing("the") == (
        "BM25 has nothing to search for in “the”: it leaves out very common words and symbols."
    )
    assert "shares a pair of characters" in KeywordIndex(["机器学习"]).explain_nothing("学机")


def test_a_query_is_taken_as_the_texts_are() -> None:
    words = Words("German")
    assert words.of_query("die Häuser") == words.of_document("Die Häuser")
