"""Korean says morning or afternoon before the hour; Django's own format says it after."""

DATETIME_FORMAT = "Y년 n월 j일 A g:i"
