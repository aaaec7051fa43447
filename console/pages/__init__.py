"""The pages of the console, a module for each part of the work; `PAGES` is all of them."""

from __future__ import annotations

from console.oidc import pages as oidc
from console.pages import (
    account,
    agreements,
    audit,
    audit_works,
    batches,
    case_steps,
    cases,
    cleared,
    home,
    investigations,
    lists,
    node,
    query,
    query_answers,
    referral,
    referrals,
    session,
    sign_in,
    staff,
    subject_access,
)
from console.routing import Page

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *query.PAGES,
    *query_answers.PAGES,
    *investigations.PAGES,
    *batches.PAGES,
    *session.PAGES,
    *sign_in.PAGES,
    *oidc.PAGES,
    *account.PAGES,
    *staff.PAGES,
    *cases.PAGES,
    *case_steps.PAGES,
    *cleared.PAGES,
    *referrals.PAGES,
    *referral.PAGES,
    *audit.PAGES,
    *audit_works.PAGES,
    *subject_access.PAGES,
    *agreements.PAGES,
    *node.PAGES,
    *lists.PAGES,
)
