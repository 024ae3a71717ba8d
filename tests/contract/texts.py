"""JSON texts that are wrong in the place of a value, by what should be there; for frames and for bodies."""


def words(text: str) -> list[str]:
    return text.split()


NOT_NUMBERS = words("NaN Infinity -Infinity 1e999 -1e999 3.5 -0.5 -1 1e400 0x4 +4 04 .5 4. 1_0")
NOT_STRINGS = words('null true false 0 1 -1 3.5 [] {} ["D"] {"D":1} 1e999')
NOT_COLUMNS = [
    *NOT_STRINGS,
    *words(r'"" "H" "d" "-1" "7" "0" "DD" "D\n" "D\u0000" "\u0000" "@" "\uff24" "\u0392" "\ud800" "null" "A,B"'),
    *words("7 3 -2 NaN Infinity D 'D'"),
    '" D"',
    '"D "',
    "1" + "0" * 400,
]
NOT_VERSIONS = [
    *NOT_NUMBERS,
    "1" + "0" * 400,
    *words('null true false "" "4" "four" [] {} [4] 4.0 4e0 -4 2147483648 4294967300 9223372036854775808'),
]
NOT_NAMES = [
    *words('null true 0 1.5 [] {} ["Ann"] "" NaN 1e999'),
    *words(r'"\t" "\u3000" "\u0000" "An\u0000n" "An\nn" "\u001b[31mAnn" "\u0085" "\u007f" "\u2028" "\u00ad"'),
    *words(
        r'"\u202eAnn" "\u2066Ann\u2069" "\u200fAnn" "\u061cAnn" "An\u200bn" "An\u200dn" "\ufeffAnn" "An\u2060n"'
    ),
    *words(r'"\ud800" "\udc00\ud800" "\uffff" "\ufff9" "\ue000" "\u0378" "\udb40\udc41" "\u0301" "\u180e"'),
    '" "',
    '" \\u00a0 "',
    f'"{"x" * 41}"',
    f'"{"x" * 3000}"',
    '"' + r"\ud83e\udd8a" * 40 + '"',
]
# Names that show as nothing, or as another one, by letters and marks that Unicode gives no ink.
NAMES_WITHOUT_INK = words(
    r'"\u3164" "\u115f" "\u1160" "\uffa0" "\u2800" "\u2800\u2800" "Ann\u3164" "An\u034fn" "Ann\ufe00" "\u17b4Ann"'
)
NOT_COLORS = words(r'null true 1 "" "RED" "blue" "R" [] ["red"] "red\u0000" {}')
NOT_PUBLIC = words('null 1 0 "true" "" [] {} 1.0')
NOT_CLOCKS = [
    *words('true 0 180 "" "3+2" [] {} {"increment_s":2} {"initial_s":180.5} {"initial_s":NaN} {"initial_s":"180"}'),
    *words(
        '{"initial_s":-1,"increment_s":2} {"initial_s":180,"increment_s":-2} {"initial_s":true,"increment_s":2}'
    ),
    *words('{"initial_s":1e999,"increment_s":2} {"initial_s":180,"extra":1} {"initial_s":1000000000000}'),
    *words('{"initial_s":0,"increment_s":0} {"initial_s":180,"increment_s":true}'),
]
NO_OBJECTS = [
    *words(
        'null true 0 1 3.5 "D" [] [{}] [{"column":"D"}] [[[[]]]] { } {] NaN Infinity - {}{} {}, {,} {a:1} 1e999'
    ),
    *words("""{'a':1} {"a"} {"a":} {"a":1,} {"a":1,,"b":2} {"a"=1} <x/> undefined column=D // /**/{} "\\x" """),
    *("[" * 1500 + "]" * 1500, '{"a":' * 500 + "1" + "}" * 500, "[" * 4000, "0" * 4000),
    *(" ", "\n", "\t\r\n ", "\x00", "{}\x00"),
]
EXTRA_KEYS = words(r'"player":"somebody" "extra":null "":0 "__proto__":{} "token":"x" "a\u0000":1 "\ud800":1')
