"""Studies: what a study file may say, and reading a folder of them.

Belongs here: the public names. Does not belong here: the model itself (series.py, figures.py, study.py).
"""

from assets.study.figures import (
    PERIODS,
    AsOfRule,
    ConstituentReturn,
    ConstituentSide,
    DomesticRevenueShare,
    EpsGrowth,
    EventReturn,
    Fund,
    FundRanking,
    NumberedFigure,
)
from assets.study.series import Language, Series, Text
from assets.study.study import Claim, Event, Study, StudyFolder, read_studies, read_study_folder

__all__ = [
    "PERIODS",
    "AsOfRule",
    "Claim",
    "ConstituentReturn",
    "ConstituentSide",
    "DomesticRevenueShare",
    "EpsGrowth",
    "Event",
    "EventReturn",
    "Fund",
    "FundRanking",
    "Language",
    "NumberedFigure",
    "Series",
    "Study",
    "StudyFolder",
    "Text",
    "read_studies",
    "read_study_folder",
]
