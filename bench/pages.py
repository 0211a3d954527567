"""Which pages are measured, by whom they are read, and what they may cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """`goal` is the most CPU, in times the floor's; {} in the address counts on from request to request."""

    name: str
    address: str
    who: str
    goal: float
    most_queries: int
    conditional: bool = False


FLOOR = Page("floor", "/floor/place-3/", "employee", 1.0, 3)
PAGES = [
    Page("playbook", "/playbooks/playbook-{:05d}/", "employee", 1.7, 5),
    Page("unchanged playbook", "/playbooks/playbook-00007/", "employee", 0.75, 3, conditional=True),
    Page("playbook library", "/playbooks/", "employee", 2.5, 5),
    Page("policy library", "/policies/", "employee", 2.5, 5),
    Page("search, rare words", "/search/?q=fitrutrepu+mobrobrime+language", "employee", 1.7, 5),
    Page("search, common words", "/search/?q=policy+review", "employee", 1.7, 5),
    Page("policy", "/policies/policy-{:04d}/", "employee", 2.1, 7),
    Page("unchanged policy", "/policies/policy-0007/", "employee", 0.75, 3, conditional=True),
    Page("redline", "/policies/policy-{:04d}/compare/2/3/", "employee", 1.7, 5),
    Page("request form", "/services/service-3/request/", "representative", 2.3, 5),
    Page("department's requests", "/requests/?tab=department", "representative", 2.7, 5),
    Page("request", "/requests/{}/", "staff", 2.5, 9),
    Page("queue", "/desk/queue/", "staff", 5.1, 7),
    Page("desk", "/desk/", "staff", 2.3, 8),
    Page("home", "/", "employee", 2.3, 8),
    Page("admin, list of requests", "/admin/engagements/engagementrequest/", "staff", 9.5, 9),
    Page("accessibility", "/accessibility/", "employee", 1.3, 2),
]
