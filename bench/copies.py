"""Copies of Korean shops for the proof: every jamo in every place, clusters, digits, marks, Latin.

`COPIES` are at least 300 different lines, each within the copy rules (20 characters, one space
between words). The first part is what merchants write; the last part fills in the jamo that no
word above has, so that each initial, vowel and final of modern Hangul is drawn at least once.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

FIRST: Final = 0xAC00
INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS: Final = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

SALES: Final = """
건어물 대박 세일/오늘만 반값/갓 구운 빵/신상 입고/폭탄 세일/마감 임박/1+1 행사/2+1 골라 담기
원 플러스 원
창고 대방출/점포 정리/개업 1주년/그랜드 오픈/재고 떨이/선착순 100명/무료 배송/당일 발송
새벽 배송/전 품목 30%
최대 70% 할인/50% OFF/5,900원/9,900원 균일가/12,000원부터/하나 사면 하나 더/3만원 이상 무료
첫 구매 10%
추석 선물/설 선물세트/명절 특가/어버이날 꽃/크리스마스 케이크/수능 대박!/새해 복 많이
여름 휴가 세트/겨울 특선
봄 신상품/가을 햇과일/주말 특가/월요일 좋아/불금 세일/오늘의 특가/이달의 추천/단 하루만
24시간 영업/연중무휴
전화 주문 환영/포장 할인 2,000원/배달 됩니다/예약 필수/카드 됩니다/현금 5% 할인/쿠폰 드려요
단골 감사제
""".strip()

FOOD: Final = """
떡볶이/김치찌개/된장찌개/부대찌개/순두부찌개/꽃게찜/아귀찜/갈비찜/닭볶음탕/삼계탕/닭갈비/찜닭
쫄면/쫄깃한 족발
쌀국수/짜장면/짬뽕/탕수육/깐풍기/군만두/찐빵/꽈배기/호떡/붕어빵/씨앗호떡/떡꼬치/꼬마김밥
참치김밥/충무김밥
맑은 닭곰탕/닭 한 마리/삶은 달걀/삶은 옥수수/굵은 소금/읊조리는 맛/값싼 고기/흙당근/밝은 귤
넓은 밭 감자/얇은 피 만두
짧은 파스타/떫지 않은 감/핥아 먹는 사탕/끓인 육개장/뚫어뻥 소주/꿇어앉아 먹는 밥/많이 드세요
괜찮은 맛집/앉은뱅이 밀
얹은 회덮밥/외곬 장인/곬바람 쌀/넋 나간 맛/몫몫이 담은 떡/품삯 대신 쌀/없어서 못 파는
가엾은 가격/끝없는 리필
뷔페/뷔페 9,900원/꿔바로우/쿼터 피자/웰빙 죽/훠궈/웬만한 맛/췌장에 좋은 차/꿰미 굴비/뛰어난 맛
쉬운 요리/취나물
의성 마늘/희망 도시락/띄어 먹는 떡/씌운 초콜릿/왜간장/돼지국밥/쇄빙 빙수/꽤 괜찮은 꽈배기/횟집
괴산 고추/죄 없는 맛
뙤약볕 고추/쐬주 한잔/콰트로 치즈/화덕 피자/과메기/솨아 시원한 물/얘들아 먹자/걔네 분식
쟤도 반한 맛/섀우젓/계란빵
폐백 음식/혜자 도시락/예쁜 케이크/셰프의 손맛/효소/표고버섯/교동 짬뽕/묘한 맛/뾰족 감자
쿄토 말차/쑥떡/유자차/규동
뉴욕 치즈/휴게소 감자/슈크림/뮤지컬 펍/큐브 스테이크/튜나 샌드/퓨전 한식/츄러스/쥬스/샤브샤브
야식/갸름한 고구마
냐옹이 간식/캬 시원하다/퍄퍄 라면/뺑오쇼콜라/쌍화차/빼빼로/뼈해장국/뿌링클/쁘띠 케이크
삐약이 치킨/뺄 것 없는 맛
밖에서 먹는 밥/깎아 드려요/섞어 드세요/닦은 배추/있어요 재고/겠다 싶은 맛/맛있다/왔다 딸기
낮잠 카페/늦은 점심/찾는 맛
꽃다발/몇 개든/숯불갈비/부엌 세트/동녘 목장/키읔 모양 떡/솥밥/밭에서 온/끝내주는 맛/팥빙수
앞다리살/높은 품질/깊은 맛
좋은 아침/놓치지 마세요/낳은 달걀/싫증 없는/옳은 선택/잃지 않는 맛/앓는 속에 죽/뜯어 먹는
닫기 전에/굳은 떡/곧 마감
""".strip()

SHOPS: Final = """
제주 감귤/완도 전복/영광 굴비/포항 과메기/상주 곶감/공주 알밤/나주 배/충주 사과/해남 고구마
강릉 커피/속초 오징어
통영 굴/벌교 꼬막/횡성 한우/이천 쌀/고창 수박/성주 참외/논산 딸기/영덕 대게/부산 어묵
전주 비빔밥/춘천 막국수
갓 짠 참기름/직접 담근 김치/산지 직송/무농약 채소/국내산 100%/HACCP 인증/한우 1++/활어회
자연산 광어/햅쌀
휴대폰 수리/세탁 2,000원/네일 아트/헤어 컷 15,000원/안경 50%/꽃집/문구점/철물점/방앗간/정육점
미용실/빨래방
옷 수선/이불 빨래/운동화 세탁/자전거 수리/반려견 미용/PC방/코인 노래방/독서실/피아노 교실
태권도/요가 1개월
SALE/BIG SALE/NEW 신상/OPEN/BEST 1위/HOT 딜/1+1/2026 S/S/VIP 초대/LIVE 방송/TEL 02-123-4567
@nanococoa
Cafe 라떼/BBQ 치킨/LED 조명/USB-C 충전기/A/S 됩니다/24h/7 days/No.1 맛집/Thank you!/Happy 설날
I ♥ 떡볶이
0123456789/100%/1,234,567원/₩9,900/-30%/10~20% 할인/3 for 2/11:00~22:00/5월 5일/12.25
#맛스타그램/A & B 세트
(당일 한정)/“엄마 손맛”/‘진짜’ 원조/반값?!/오늘, 지금!/커피 & 빵/빵=사랑/한입★두입
최저가*/50 + 10%/N°5 향수
""".strip()

LONG: Final = """
신선한 제철 딸기 오늘만 특가/가나다라마바사아자차카타파하거너더러머버
오늘 바다에서 온 싱싱한 고등어/명품한우선물세트특가판매
여름맞이 시원한 콩국수 개시/할머니가 빚은 손만두 한 판/겨울 간식 군고구마 3개 5천원
새벽에 딴 오이 한 봉지 천원/귤/뺄/쫄/흙/찌/!
""".strip()


def _lines(block: str) -> list[str]:
    """Split at slashes and line ends; a slash between single signs stays ("A/S")."""
    kept = block.replace("A/S", "A\0S").replace("S/S", "S\0S")
    return [line.replace("\0", "/") for row in kept.split("\n") for line in row.split("/")]


def parts(syllable: str) -> tuple[str, str, str]:
    """Return a Hangul syllable's initial, vowel and final ("" for none)."""
    code = ord(syllable) - FIRST
    return INITIALS[code // 588], VOWELS[code % 588 // 28], FINALS[code % 28].strip()


def syllable(initial: str, vowel: str, final: str = "") -> str:
    """Put a syllable together; the other way round of `parts`."""
    last = FINALS.index(final) if final else 0
    return chr(FIRST + (INITIALS.index(initial) * 21 + VOWELS.index(vowel)) * 28 + last)


def _drill() -> list[str]:
    """Return syllables that no word has: each final under each vowel's shape, initials in turn."""
    made = [
        syllable(INITIALS[(7 * v + 3 * f) % 19], vowel, final)
        for v, vowel in enumerate(VOWELS)
        for f, final in enumerate(FINALS[1:])
        if (v + f) % 3 == 0
    ]
    fours = zip_longest(*[iter(made)] * 4, fillvalue="")
    return ["".join(four) for four in fours]


COPIES: Final = tuple(dict.fromkeys([*map(str.strip, (
    line for block in (SALES, FOOD, SHOPS, LONG) for line in _lines(block)
)), *_drill()]))  # fmt: skip
