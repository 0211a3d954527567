"""What no single row knows: of a version for its reader, for a lead before publishing, for who watches the signing."""

from hub.charts import chart, percent

from .clauses import with_clauses
from .guide import Told, answers_text, told_by_guide
from .impact import Impact, impact, resting_on
from .platform import accounts_by_clause, clauses_for
from .quiz import quiz_for
from .review import comments_by_clause
from .sign_off import (
    DepartmentRate,
    Figures,
    addressed,
    people_asked,
    people_of,
    people_to_sign,
    roll_figures,
    roll_of,
    sign_off_figures,
    with_days,
)
from .signing import Signing, Step, material_since, sign_by, signing, standing_due_on
from .standing import Standing

__all__ = [
    "DepartmentRate",
    "Figures",
    "Impact",
    "Signing",
    "Standing",
    "Step",
    "Told",
    "accounts_by_clause",
    "addressed",
    "answers_text",
    "chart",
    "clauses_for",
    "comments_by_clause",
    "impact",
    "material_since",
    "people_asked",
    "people_of",
    "people_to_sign",
    "percent",
    "quiz_for",
    "resting_on",
    "roll_figures",
    "roll_of",
    "sign_by",
    "sign_off_figures",
    "signing",
    "standing_due_on",
    "told_by_guide",
    "with_clauses",
    "with_days",
]
