/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <linux/xfrm.h>

#include "esp/xfrm_msg.h"
#include "esp/xfrm_policy.h"

#include <utils/debug.h>

/** a policy with all its attributes */
#define POLICY_LEN 2048

/**
 * Policy that is being written.
 */
typedef struct {
	/** selector and direction */
	const struct xfrm_userpolicy_id *id;
	/** addresses in templates; source all zero for any, no destination to keep
	 * that */
	mobility_ip_t src, dst;
	/** request to write it */
	struct nlmsghdr *nlh;
	/** where that is, and its length */
	char *buf;
	size_t len;
	/** all of the policy is in there */
	bool complete;
} copy_t;

/**
 * Change the addresses of templates.
 */
static void set_addresses(struct xfrm_user_tmpl *tmpl, uint16_t len,
						  const mobility_ip_t *src, const mobility_ip_t *dst)
{
	while (len >= sizeof(*tmpl))
	{
		if (dst->family)
		{
			tmpl->family = dst->family;
			memcpy(&tmpl->id.daddr, dst->bytes, sizeof(dst->bytes));
		}
		memset(&tmpl->saddr, 0, sizeof(tmpl->saddr));
		if (src->family == tmpl->family)
		{
			memcpy(&tmpl->saddr, src->bytes, sizeof(src->bytes));
		}
		len -= sizeof(*tmpl);
		tmpl++;
	}
}

/**
 * Add an attribute of the policy.
 */
static bool put_attribute(copy_t *copy, const struct nlattr *attr)
{
	uint16_t type = mnl_attr_get_type(attr);
	uint16_t len = mnl_attr_get_payload_len(attr);
	void *payload = mnl_nlmsg_get_payload_tail(copy->nlh) + MNL_ATTR_HDRLEN;

	switch (type)
	{
		case XFRMA_PAD:
			return TRUE;
		case XFRMA_OFFLOAD_DEV:
			return FALSE;
		default:
			break;
	}
	if (!mnl_attr_put_check(copy->nlh, copy->len, type, len,
							mnl_attr_get_payload(attr)))
	{
		return FALSE;
	}
	if (type == XFRMA_TMPL)
	{
		set_addresses(payload, len, &copy->src, &copy->dst);
	}
	return TRUE;
}

/**
 * Build the request from what the kernel says, a mobility_nlsocket_cb_t.
 */
static void build(void *data, const struct nlmsghdr *nlh)
{
	copy_t *copy = data;
	struct xfrm_userpolicy_info *policy;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY ||
		nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*policy)))
	{
		return;
	}
	copy->nlh = mnl_nlmsg_put_header(copy->buf);
	copy->nlh->nlmsg_type = XFRM_MSG_UPDPOLICY;
	policy = mnl_nlmsg_put_extra_header(copy->nlh, sizeof(*policy));
	memcpy(policy, mnl_nlmsg_get_payload(nlh), sizeof(*policy));
	policy->sel = copy->id->sel;
	policy->dir = copy->id->dir;
	/* the kernel gives one */
	policy->index = 0;
	copy->complete = TRUE;
	mobility_netlink_for_each(attr, nlh, sizeof(*policy))
	{
		copy->complete = copy->complete && put_attribute(copy, attr);
	}
}

/*
 * Described in header.
 */
bool mobility_xfrm_policy_write(mobility_xfrm_t *xfrm,
								const mobility_xfrm_move_t *policy,
								const mobility_xfrm_move_t *other, host_t *src,
								host_t *dst)
{
	char get[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	char id[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	char buf[POLICY_LEN] __attribute__((aligned(sizeof(uint64_t))));
	copy_t copy = {
		.buf = buf,
		.len = sizeof(buf),
	};
	struct nlmsghdr *request, *named;
	int error;

	request = mobility_xfrm_msg_policy(get, XFRM_MSG_GETPOLICY, policy);
	named = mobility_xfrm_msg_policy(id, XFRM_MSG_GETPOLICY, other);
	if (!request || !named)
	{
		return FALSE;
	}
	copy.id = mnl_nlmsg_get_payload(named);
	if (src)
	{
		copy.src = mobility_ip_from_host(src);
	}
	if (dst)
	{
		copy.dst = mobility_ip_from_host(dst);
	}
	error = xfrm->request(xfrm, request, build, &copy);
	if (!error)
	{
		error = copy.complete ? xfrm->request(xfrm, copy.nlh, NULL, NULL)
							  : EBADMSG;
	}
	if (!error)
	{
		return TRUE;
	}
	DBG2(DBG_KNL, "unable to change %N policy of SA with SPI %.8x: %s",
		 policy_dir_names, policy->dir, ntohl(policy->spi),
		 mobility_nlsocket_strerror(error));
	return FALSE;
}

/*
 * Described in header.
 */
void mobility_xfrm_policy_del(mobility_xfrm_t *xfrm,
							  const mobility_xfrm_move_t *policy)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;

	nlh = mobility_xfrm_msg_policy(buf, XFRM_MSG_DELPOLICY, policy);
	if (nlh)
	{
		xfrm->request(xfrm, nlh, NULL, NULL);
	}
}
