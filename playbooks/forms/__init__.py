"""Forms of readers. The editor's own are in `playbooks.admin`."""

from .adaptation import AdaptedForm, AddedForm, IntroForm, ReasonForm
from .case import CaseForm, MeasureFormSet, RetireCaseForm, ReturnCaseForm
from .filters import CaseFilter, ExternalFilter, LibraryFilter, QuestionFilter, UpkeepFilter
from .question import AnswerForm, AskForm, HideForm, QuestionForm, ReportForm
from .reading import ChooseComparison, WhyNotForm
from .run import AbandonForm, ChangeRunForm, FiguresFilter, FinishForm, RunFilter, StartRunForm, StepForm
from .suggestion import AcceptForm, AskReviewForm, DeclineForm, SuggestForm

__all__ = [
    "AbandonForm",
    "AcceptForm",
    "AdaptedForm",
    "AddedForm",
    "AnswerForm",
    "AskForm",
    "AskReviewForm",
    "CaseFilter",
    "CaseForm",
    "ChangeRunForm",
    "ChooseComparison",
    "DeclineForm",
    "ExternalFilter",
    "FiguresFilter",
    "FinishForm",
    "HideForm",
    "IntroForm",
    "LibraryFilter",
    "MeasureFormSet",
    "QuestionFilter",
    "QuestionForm",
    "ReasonForm",
    "ReportForm",
    "RetireCaseForm",
    "ReturnCaseForm",
    "RunFilter",
    "StartRunForm",
    "StepForm",
    "SuggestForm",
    "UpkeepFilter",
    "WhyNotForm",
]
