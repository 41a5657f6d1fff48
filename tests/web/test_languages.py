"""Every sentence has its English, and the compiled catalogue is the one that was written."""

from __future__ import annotations

import re

from django.conf import settings

CATALOGUE = settings.BASE_DIR / "locale" / "en" / "LC_MESSAGES" / "django.po"


def entries() -> dict[str, str]:
    text = CATALOGUE.read_text()
    pair = r'^msgid ((?:"[^\n]*"\n)+)(?:msgid_plural [^\n]*\n)?msgstr(?:\[0\])? ((?:"[^\n]*"\n?)+)'

    def joined(lines: str) -> str:
        return "".join(re.findall(r'"(.*)"', lines))

    return {joined(k): joined(v) for k, v in re.findall(pair, text, re.MULTILINE)}


def test_every_sentence_has_its_english():
    assert len(entries()) > 250
    assert [korean for korean, english in entries().items() if not english] == []


def test_words_to_fill_in_are_the_same_in_both_languages():
    marks = re.compile(r"%\(\w+\)(?:\.\d)?[sdf]|\{\w+\}")
    for korean, english in entries().items():
        assert not korean or set(marks.findall(korean)) == set(marks.findall(english))


def test_the_catalogue_knows_every_sentence_of_the_templates():
    marked = re.compile(r"""\{% translate (["'])(.*?)\1""")
    pages = [path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.*")]
    found = {words for page in pages for _quote, words in marked.findall(page)}
    assert len(found) > 100
    assert found - set(entries()) == set()


def test_the_compiled_catalogue_is_up_to_date():
    from django.utils import translation

    with translation.override("en"):
        stale = [
            korean
            for korean, english in entries().items()
            if korean and "\\" not in korean + english and translation.gettext(korean) != english
        ]
    assert [k for k in stale if "%(n)s" not in k] == []
