"""Which script each code point belongs to, asked of `regex` once and then kept."""

import zlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import regex
import xxhash

from tokbench import store
from tokbench.corpus.looking.kernel import WHITE
from tokbench.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COMMON, INHERITED = "Common", "Inherited"
"""What Unicode calls characters of many scripts: digits, punctuation, emoji; and marks on them."""
SCRIPTS = (
    COMMON, "White_Space", "Latin", INHERITED, "Adlam", "Ahom", "Anatolian_Hieroglyphs", "Arabic",
    "Armenian", "Avestan", "Balinese", "Bamum", "Bassa_Vah", "Batak", "Bengali", "Bhaiksuki",
    "Bopomofo", "Brahmi", "Braille", "Buginese", "Buhid", "Canadian_Aboriginal", "Carian",
    "Caucasian_Albanian", "Chakma", "Cham", "Cherokee", "Chorasmian", "Coptic", "Cuneiform",
    "Cypriot", "Cypro_Minoan", "Cyrillic", "Deseret", "Devanagari", "Dives_Akuru", "Dogra",
    "Duployan", "Egyptian_Hieroglyphs", "Elbasan", "Elymaic", "Ethiopic", "Garay", "Georgian",
    "Glagolitic", "Gothic", "Grantha", "Greek", "Gujarati", "Gunjala_Gondi", "Gurmukhi",
    "Gurung_Khema", "Han", "Hangul", "Hanifi_Rohingya", "Hanunoo", "Hatran", "Hebrew", "Hiragana",
    "Imperial_Aramaic", "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Javanese", "Kaithi",
    "Kannada", "Katakana", "Kawi", "Kayah_Li", "Kharoshthi", "Khitan_Small_Script", "Khmer",
    "Khojki", "Khudawadi", "Kirat_Rai", "Lao", "Lepcha", "Limbu", "Linear_A", "Linear_B", "Lisu",
    "Lycian", "Lydian", "Mahajani", "Makasar", "Malayalam", "Mandaic", "Manichaean", "Marchen",
    "Masaram_Gondi", "Medefaidrin", "Meetei_Mayek", "Mende_Kikakui", "Meroitic_Cursive",
    "Meroitic_Hieroglyphs", "Miao", "Modi", "Mongolian", "Mro", "Multani", "Myanmar", "Nabataean",
    "Nag_Mundari", "Nandinagari", "New_Tai_Lue", "Newa", "Nko", "Nushu", "Nyiakeng_Puachue_Hmong",
    "Ogham", "Ol_Chiki", "Ol_Onal", "Old_Hungarian", "Old_Italic", "Old_North_Arabian",
    "Old_Permic", "Old_Persian", "Old_Sogdian", "Old_South_Arabian", "Old_Turkic", "Old_Uyghur",
    "Oriya", "Osage", "Osmanya", "Pahawh_Hmong", "Palmyrene", "Pau_Cin_Hau", "Phags_Pa",
    "Phoenician", "Psalter_Pahlavi", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada",
    "Shavian", "Siddham", "SignWriting", "Sinhala", "Sogdian", "Sora_Sompeng", "Soyombo",
    "Sundanese", "Sunuwar", "Syloti_Nagri", "Syriac", "Tagalog", "Tagbanwa", "Tai_Le", "Tai_Tham",
    "Tai_Viet", "Takri", "Tamil", "Tangsa", "Tangut", "Telugu", "Thaana", "Thai", "Tibetan",
    "Tifinagh", "Tirhuta", "Todhri", "Toto", "Tulu_Tigalari", "Ugaritic", "Vai", "Vithkuqi",
    "Wancho", "Warang_Citi", "Yezidi", "Yi", "Zanabazar_Square", "Unknown",
)  # fmt: skip
"""The scripts of Unicode 16 by their number in the table. White space is counted apart; Unknown is
what is unassigned, private, or of a script newer than this list."""
_CODE_POINTS = 0x110000
_SURROGATES = range(0xD800, 0xE000)


@cache
def table() -> "NDArray[np.uint8]":
    """The number of the script of each code point, from the cache or built in half a second.

    >>> [SCRIPTS[table()[ord(character)]] for character in "aя한 😀"]
    ['Latin', 'Cyrillic', 'Hangul', 'White_Space', 'Common']
    """
    path = store.cache_dir() / f"scripts-1-{version('regex')}.bin"
    found = _read(path)
    if found is None:
        found = _built()
        packed = zlib.compress(found.tobytes(), 6)
        with suppress(StoreError):  # a folder that cannot be written costs the time again
            store.write_bytes(path, xxhash.xxh3_128_digest(packed) + packed)
    found.flags.writeable = False
    return found


def _read(path: "Path") -> "NDArray[np.uint8] | None":
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if xxhash.xxh3_128_digest(data[16:]) != data[:16]:
        return None
    return np.frombuffer(zlib.decompress(data[16:]), np.uint8).copy()


def _built() -> "NDArray[np.uint8]":
    numbers = np.full(_CODE_POINTS, SCRIPTS.index("Unknown"), np.uint8)
    # A surrogate is no character: its place holds one that is unassigned.
    every = "".join("\U000effff" if n in _SURROGATES else chr(n) for n in range(_CODE_POINTS))
    for number, name in enumerate(SCRIPTS[:-1]):
        if number == WHITE:
            continue
        with suppress(regex.error):  # an older `regex` does not know the newest scripts
            for run in regex.finditer(rf"\p{{Script={name}}}+", every):
                numbers[run.start() : run.end()] = number
    for run in regex.finditer(r"\p{White_Space}+", every):
        numbers[run.start() : run.end()] = WHITE
    return numbers
