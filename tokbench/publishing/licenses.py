"""Licences as the Hub names them, what each asks, and which may stand on top of which.

The comparison is a careful one: it takes a vocabulary for a work derived from the texts it was
learned from, which not every court does. It answers one question, whether a licence gives away
what a source's keeps, and is no legal advice.

>>> looser("apache-2.0", "cc-by-nc-4.0")
'cc-by-nc-4.0 forbids commercial use and apache-2.0 allows it'
>>> looser("cc-by-sa-4.0", "cc-by-sa-3.0"), looser("mit", "cc0-1.0")
('', '')
"""

from dataclasses import dataclass

from tokbench.errors import nearest

OTHER = "other"
"""A licence of one's own, which has a name and a link."""
_ATTRIBUTION, _SHARE_ALIKE, _NON_COMMERCIAL, _NO_DERIVATIVES, _USES, _OPEN = "ASNDUO"


@dataclass(frozen=True)
class License:
    """What a licence asks of those who use what is under it.

    Attributes:
        id: as the Hub writes it.
        title: as people do.
        terms: letters: A name the authors, S the same licence for what derives from it, N no
            commercial use, D no derived works, U certain uses are forbidden, O terms that tokbench
            does not know.
        family: of share-alike licences that may stand in for each other when newer.
        on_hub: whether the Hub knows it.
    """

    id: str
    title: str
    terms: str
    family: str = ""
    on_hub: bool = True

    @property
    def commercial(self) -> bool | None:
        """Whether it allows commercial use; None where tokbench does not know."""
        return None if _OPEN in self.terms else _NON_COMMERCIAL not in self.terms

    @property
    def said(self) -> str:
        """What it asks, in words.

        >>> LICENSES["cc-by-nc-sa-4.0"].said
        'no commercial use; derived works under the same licence; name the authors'
        """
        words = {
            _OPEN: "its own terms: read them",
            _NON_COMMERCIAL: "no commercial use",
            _NO_DERIVATIVES: "no derived works",
            _USES: "certain uses are forbidden, and derived works pass that on",
            _SHARE_ALIKE: "derived works under the same licence",
            _ATTRIBUTION: "name the authors",
        }
        found = [said for letter, said in words.items() if letter in self.terms]
        return "; ".join(found) or "nothing"


def _rows() -> dict[str, License]:
    """The table below, parsed: id, terms, family where there is one, title."""
    made = {}
    for on_hub, table in ((True, _ON_HUB), (False, _ELSEWHERE)):
        for line in table.strip().splitlines():
            name, terms, family, title = line.split(maxsplit=3)
            terms, family = terms.strip("-"), family.strip("-")
            made[name] = License(name, title, terms, family, on_hub)
    return made


_ON_HUB = """
apache-2.0 A - Apache License 2.0
mit A - MIT License
openrail U - OpenRAIL
bigscience-openrail-m AU - BigScience OpenRAIL-M
creativeml-openrail-m AU - CreativeML OpenRAIL-M
bigscience-bloom-rail-1.0 AU - BigScience BLOOM RAIL 1.0
bigcode-openrail-m AU - BigCode OpenRAIL-M v1
afl-3.0 A - Academic Free License 3.0
artistic-2.0 A - Artistic License 2.0
bsl-1.0 A - Boost Software License 1.0
bsd A - BSD licence
bsd-2-clause A - BSD 2-Clause
bsd-3-clause A - BSD 3-Clause
bsd-3-clause-clear A - BSD 3-Clause Clear
c-uda AU - Computational Use of Data Agreement
cc O - Creative Commons, which of them is not said
cc0-1.0 - - CC0 1.0 (public domain)
cc-by-2.0 A - CC BY 2.0
cc-by-2.5 A - CC BY 2.5
cc-by-3.0 A - CC BY 3.0
cc-by-4.0 A - CC BY 4.0
cc-by-sa-3.0 AS cc-by-sa CC BY-SA 3.0
cc-by-sa-4.0 AS cc-by-sa CC BY-SA 4.0
cc-by-nc-2.0 AN - CC BY-NC 2.0
cc-by-nc-3.0 AN - CC BY-NC 3.0
cc-by-nc-4.0 AN - CC BY-NC 4.0
cc-by-nd-4.0 AD - CC BY-ND 4.0
cc-by-nc-nd-3.0 AND - CC BY-NC-ND 3.0
cc-by-nc-nd-4.0 AND - CC BY-NC-ND 4.0
cc-by-nc-sa-2.0 ANS cc-by-nc-sa CC BY-NC-SA 2.0
cc-by-nc-sa-3.0 ANS cc-by-nc-sa CC BY-NC-SA 3.0
cc-by-nc-sa-4.0 ANS cc-by-nc-sa CC BY-NC-SA 4.0
cdla-sharing-1.0 AS cdla-sharing Community Data License Agreement, Sharing 1.0
cdla-permissive-1.0 A - Community Data License Agreement, Permissive 1.0
cdla-permissive-2.0 A - Community Data License Agreement, Permissive 2.0
wtfpl - - Do What The F*ck You Want To Public License
ecl-2.0 A - Educational Community License 2.0
epl-1.0 AS epl Eclipse Public License 1.0
epl-2.0 AS epl Eclipse Public License 2.0
etalab-2.0 A - Etalab Open License 2.0
eupl-1.1 AS eupl European Union Public License 1.1
eupl-1.2 AS eupl European Union Public License 1.2
agpl-3.0 AS agpl GNU Affero General Public License 3.0
gfdl AS gfdl GNU Free Documentation License
gpl AS gpl GNU General Public License
gpl-2.0 AS gpl GNU General Public License 2.0
gpl-3.0 AS gpl GNU General Public License 3.0
lgpl AS lgpl GNU Lesser General Public License
lgpl-2.1 AS lgpl GNU Lesser General Public License 2.1
lgpl-3.0 AS lgpl GNU Lesser General Public License 3.0
isc A - ISC License
h-research O - H Research License
intel-research O - Intel Research Use License
lppl-1.3c A - LaTeX Project Public License 1.3c
ms-pl A - Microsoft Public License
apple-ascl O - Apple Sample Code License
apple-amlr O - Apple Model License for Research
mpl-2.0 AS mpl Mozilla Public License 2.0
odc-by A - Open Data Commons Attribution License
odbl AS odbl Open Database License
openmdw-1.0 A - OpenMDW License 1.0
openrail++ AU - OpenRAIL++
osl-3.0 AS osl Open Software License 3.0
postgresql A - PostgreSQL License
ofl-1.1 AS ofl SIL Open Font License 1.1
ncsa A - University of Illinois/NCSA Open Source License
unlicense - - The Unlicense
zlib A - zlib License
pddl - - Open Data Commons Public Domain Dedication and License
lgpl-lr AS lgpl-lr Lesser General Public License For Linguistic Resources
deepfloyd-if-license O - DeepFloyd IF Research License
fair-noncommercial-research-license O - FAIR Noncommercial Research License
llama2 AU llama2 Llama 2 Community License
llama3 AU llama3 Llama 3 Community License
llama3.1 AU llama3.1 Llama 3.1 Community License
llama3.2 AU llama3.2 Llama 3.2 Community License
llama3.3 AU llama3.3 Llama 3.3 Community License
llama4 AU llama4 Llama 4 Community License
grok2-community O - Grok 2 Community License
gemma AU gemma Gemma Terms of Use
other O - other terms
"""
"""What https://huggingface.co/docs/hub/repositories-licenses lists, but `unknown`."""

_ELSEWHERE = """
psf-2.0 A - Python Software Foundation License 2.0
public-domain - - public domain
own - - the author's own text
cc-by-1.0 A - CC BY 1.0
cc-by-sa-1.0 AS cc-by-sa CC BY-SA 1.0
cc-by-sa-2.0 AS cc-by-sa CC BY-SA 2.0
cc-by-sa-2.5 AS cc-by-sa CC BY-SA 2.5
cc-by-nd-3.0 AD - CC BY-ND 3.0
"""
"""Licences of texts that the Hub has no name for."""

LICENSES = _rows()
"""All that tokbench knows, by identifier."""
_STANDS_IN = {"gpl": ("agpl",), "lgpl": ("gpl", "agpl"), "mpl": ("lgpl", "gpl", "agpl")}
"""Families that what is under another may go on to."""
_UNVERSIONED = 0.0


def problem(name: str | None, link: str | None = None, title: str | None = None) -> str:
    """What keeps a licence from being that of a repository; empty for nothing.

    Args:
        name: the identifier; None where nobody said.
        link: where the text of `other` terms is.
        title: what they are called.

    >>> problem("apache-2.0"), problem("apache2").split(":")[0]
    ('', "'apache2' is no licence of the Hub")
    """
    if not name:
        return (
            "has no licence: write `publish: {license: apache-2.0}` in the recipe, or give "
            "--license"
        )
    if name not in LICENSES or not LICENSES[name].on_hub:
        return f"{name!r} is no licence of the Hub: {nearest(name, on_hub(), 8)}"
    if name == OTHER and not (link and title):
        return (
            "the licence is 'other', which says nothing: write publish.license_name and "
            "publish.license_link, too"
        )
    return ""


def on_hub() -> list[str]:
    """The identifiers that a repository may have."""
    return [one.id for one in LICENSES.values() if one.on_hub]


def source_problem(name: str | None) -> str:
    """What keeps a source's licence from being compared; empty for nothing."""
    if not name:
        return (
            "says no licence: write it into the recipe as the source's `license` (`own` for text "
            "of your own)"
        )
    if name.lower() not in LICENSES:
        known = nearest(name.lower(), list(LICENSES), 8)
        return f"has the licence {name!r}, which tokbench does not know: {known}"
    return ""


def looser(ours: str, source: str) -> str:
    """In what a licence gives away what a source's keeps; empty where it does not.

    Args:
        ours: of the tokenizer, known.
        source: of a text it was learned from, known.

    >>> looser("mit", "cc-by-sa-4.0")
    'cc-by-sa-4.0 asks for the same licence and mit is another'
    >>> looser("cc0-1.0", "psf-2.0")
    'psf-2.0 asks to name the authors and cc0-1.0 does not'
    """
    mine, theirs = LICENSES[ours], LICENSES[source.lower()]
    asks, has = theirs.terms, mine.terms
    own = _OPEN in has  # terms that cannot be read here may say all that can be said
    other = f"{theirs.id} asks for the same licence and {mine.id} is another"
    same = mine.id == theirs.id
    reasons = {
        f"{theirs.id} allows no derived works, whatever their licence": _NO_DERIVATIVES in asks,
        f"{theirs.id} has terms that tokbench cannot compare with {mine.id}":
            _OPEN in asks and not same,
        f"{theirs.id} forbids certain uses, and {mine.id} does not pass that on":
            _USES in asks and not same,
        other: _SHARE_ALIKE in asks and not _may_follow(mine, theirs),
        f"{theirs.id} forbids commercial use and {mine.id} allows it":
            _NON_COMMERCIAL in asks and _NON_COMMERCIAL not in has and not own,
        f"{theirs.id} asks to name the authors and {mine.id} does not":
            _ATTRIBUTION in asks and _ATTRIBUTION not in has and not own,
    }  # fmt: skip
    return next((why for why, so in reasons.items() if so), "")


def _may_follow(mine: License, theirs: License) -> bool:
    if mine.family and mine.family in _STANDS_IN.get(theirs.family, ()):
        return True
    return mine.family == theirs.family and _version(mine) >= _version(theirs)


def _version(one: License) -> float:
    """The number at the end, 0 where there is none.

    >>> _version(LICENSES["gpl-3.0"]), _version(LICENSES["gpl"])
    (3.0, 0.0)
    """
    last = one.id.rpartition("-")[2]
    return float(last) if last.replace(".", "", 1).isdigit() else _UNVERSIONED
