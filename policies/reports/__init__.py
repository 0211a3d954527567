"""What no single row knows: of a version for its reader, for a lead before publishing, for who watches the signing."""

from .guide import Told, answers_text, told_by_guide
from .impact import Impact, impact, resting_on
from .review import comments_by_clause
from .sign_off import (
    Chart,
    DepartmentRate,
    Figures,
    addressed,
    chart,
    people_asked,
    people_of,
    people_to_sign,
    percent,
    roll_figures,
    roll_of,
    sign_off_figures,
)
from .signing import Signing, sign_by, signing, standing_due_on
from .standing import Standing

__all__ = [
    "Chart",
    "DepartmentRate",
    "Figures",
    "Impact",
    "Signing",
    "Standing",
    "Told",
    "addressed",
    "answers_text",
    "chart",
    "comments_by_clause",
    "impact",
    "people_asked",
    "people_of",
    "people_to_sign",
    "percent",
    "resting_on",
    "roll_figures",
    "roll_of",
    "sign_by",
    "sign_off_figures",
    "signing",
    "standing_due_on",
    "told_by_guide",
]
