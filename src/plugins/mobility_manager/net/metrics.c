/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/metrics.h"

/*
 * Described in header.
 */
mobility_metrics_t mobility_metrics_parse(const struct nlattr *attr)
{
	mobility_metrics_t metrics = {};
	const struct nlattr *tb[RTAX_MAX + 1];
	int i;

	if (attr)
	{
		mobility_netlink_parse_data(mnl_attr_get_payload(attr),
									mnl_attr_get_payload_len(attr), tb,
									RTAX_MAX);
		for (i = 1; i <= RTAX_MAX; i++)
		{
			if (i == RTAX_CC_ALGO)
			{
				mobility_netlink_get_str(tb[i], metrics.cc_algo,
										 sizeof(metrics.cc_algo));
			}
			else
			{
				mobility_netlink_get_u32(tb[i], &metrics.values[i]);
			}
		}
	}
	return metrics;
}

/*
 * Described in header.
 */
void mobility_metrics_put(struct nlmsghdr *nlh,
						  const mobility_metrics_t *metrics)
{
	static const mobility_metrics_t none;
	struct nlattr *nest;
	int i;

	if (mobility_metrics_equals(metrics, &none))
	{
		return;
	}
	nest = mnl_attr_nest_start(nlh, RTA_METRICS);
	for (i = 1; i <= RTAX_MAX; i++)
	{
		if (metrics->values[i])
		{
			mnl_attr_put_u32(nlh, i, metrics->values[i]);
		}
	}
	if (metrics->cc_algo[0])
	{
		mnl_attr_put_strz(nlh, RTAX_CC_ALGO, metrics->cc_algo);
	}
	mnl_attr_nest_end(nlh, nest);
}

/*
 * Described in header.
 */
bool mobility_metrics_equals(const mobility_metrics_t *a,
							 const mobility_metrics_t *b)
{
	return memeq(a, b, sizeof(*a));
}
