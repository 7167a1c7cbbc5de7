"""What a licence permits with a model, judged by its name; no legal advice."""

import re
from enum import Enum

NON_COMMERCIAL = re.compile(r"\b(nc|non-?commercial|research(-only)?)\b")
PERMISSIVE = re.compile(
    r"(mit|apache|bsd|isc|unlicense|cc0|cc-by-[0-9]|cdla-permissive|ecl|zlib|afl|ms-pl|postgresql)\b"
)
SHARED_TERMS = re.compile(
    r"(l?gpl|agpl|mpl|epl|eupl|cc-by-sa|openrail|bigscience|creativeml|bigcode|gemma|llama|qwen|proprietary|nvidia)"
)
SPDX = (
    "Apache-2.0 MIT MIT-0 BSD-2-Clause BSD-3-Clause ISC Zlib Unlicense PostgreSQL MS-PL AFL-3.0 ECL-2.0 GPL-2.0 "
    "GPL-3.0 LGPL-3.0 AGPL-3.0 MPL-2.0 EPL-2.0 EUPL-1.2 CDLA-Permissive-2.0 CC0-1.0 CC-BY-4.0 CC-BY-SA-4.0 "
    "CC-BY-NC-4.0 CC-BY-NC-SA-4.0 CC-BY-NC-ND-4.0 CC-BY-ND-4.0"
)
SPELLINGS = {name.lower(): name for name in SPDX.split()}


def spell(licence: str) -> str:
    """A licence's name as SPDX writes it, where it is one of SPDX's; the Hub and MTEB write it in small letters."""
    return SPELLINGS.get(licence.strip().lower(), licence)


class Freedom(Enum):
    """How permissive a licence is, from 0 to 1."""

    FREE = 1.0
    TERMS = 0.5
    NON_COMMERCIAL = 0.0

    @property
    def words(self) -> str:
        """What that means for a company."""
        return {
            Freedom.FREE: "commercial use allowed",
            Freedom.TERMS: "commercial use under conditions: read the licence",
            Freedom.NON_COMMERCIAL: "no commercial use",
        }[self]


def freedom(licence: str) -> Freedom | None:
    """How permissive a licence is, by its usual short name (SPDX, or the Hub's); None if that is not conclusive."""
    name = re.sub(r"[\s_]+", "-", licence.strip().lower())
    if NON_COMMERCIAL.search(name):
        return Freedom.NON_COMMERCIAL
    if PERMISSIVE.match(name):
        return Freedom.FREE
    return Freedom.TERMS if SHARED_TERMS.match(name) else None
