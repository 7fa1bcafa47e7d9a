"""The ingest assets, one a dataset, in the order of the flow.

Belongs here: the list. Does not belong here: anything about one of them.
"""

from assets.ingest.company import build_company_ingest
from assets.ingest.correction import build_correction_ingest
from assets.ingest.eps_estimate import build_eps_estimate_ingest
from assets.ingest.fund import build_fund_ingest
from assets.ingest.fund_nav import build_fund_nav_ingest
from assets.ingest.holding import build_holding_ingest
from assets.ingest.index_level import build_index_level_ingest
from assets.ingest.membership import build_membership_ingest
from assets.ingest.policy_rate import build_policy_rate_ingest
from assets.ingest.revenue_geography import build_revenue_geography_ingest
from assets.ingest.security import build_security_ingest
from assets.ingest.security_level import build_security_level_ingest

INGEST = (
    build_correction_ingest,
    build_index_level_ingest,
    build_membership_ingest,
    build_security_ingest,
    build_security_level_ingest,
    build_holding_ingest,
    build_company_ingest,
    build_revenue_geography_ingest,
    build_eps_estimate_ingest,
    build_policy_rate_ingest,
    build_fund_ingest,
    build_fund_nav_ingest,
)
