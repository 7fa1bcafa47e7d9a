"""Conformed tables: append-only and bitemporal, one module a table.

Belongs here: the list of their assets. Does not belong here: anything about one of them.
"""

from assets.core.company import build_company
from assets.core.correction import build_correction
from assets.core.eps_estimate import build_eps_estimate
from assets.core.fund import build_fund
from assets.core.fund_nav import build_fund_nav
from assets.core.holding import build_holding
from assets.core.index_level import build_index_level
from assets.core.membership import build_membership
from assets.core.policy_rate import build_policy_rate
from assets.core.revenue_geography import build_revenue_geography
from assets.core.security import build_security
from assets.core.security_level import build_security_level

CORE = (
    build_correction,
    build_index_level,
    build_membership,
    build_security,
    build_security_level,
    build_holding,
    build_company,
    build_revenue_geography,
    build_eps_estimate,
    build_policy_rate,
    build_fund,
    build_fund_nav,
)
