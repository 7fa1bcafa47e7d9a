"""Whether a place on a filing's cover page is in the US, by the code list of the element that names it.

The lists collide: IL, KY, CA, DE, IN, GA, AL and more are states in EDGAR's list and countries in ISO's. So a place is
never read without its element: EntityAddressCountry (and the data sets' countryba, countryinc) is ISO 3166;
EntityAddressStateOrProvince (stprba, stprinc) is a state or province; EntityIncorporationStateCountryCode is EDGAR's
own list, in which two letters are a state or a province, and a letter with a digit a country.

Belongs here: the lists. Does not belong here: which element comes first (filing.py, data_sets.sql).
"""

from __future__ import annotations

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
COUNTRY = ("US", "USA", "840", "UNITED STATES", "UNITED STATES OF AMERICA")
"""The US in ISO 3166, and its names."""
EDGAR_COUNTRY = ("X1", *COUNTRY)
"""The US in EDGAR's list, which some filers mix up with ISO's: US is no state, and no other country either."""

_STATES = frozenset((*STATES, *(name.upper() for name in STATES.values())))


def is_us_state(place: str) -> bool:
    """Whether a state or province, by code or name, is one of the US."""
    return _plain(place) in _STATES


def is_us_country(place: str) -> bool:
    """Whether a country, by ISO code or name, is the US."""
    return _plain(place) in COUNTRY


def is_us_in_edgar(place: str) -> bool:
    """Whether a code or name of EDGAR's list of states, provinces and countries is the US or one of its states."""
    return _plain(place) in EDGAR_COUNTRY or is_us_state(place)


def _plain(place: str) -> str:
    return " ".join(place.replace(".", "").split()).upper()
