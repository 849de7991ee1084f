/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <time.h>
#include <linux/xfrm.h>

#include "esp/lifetimes.h"
#include "esp/xfrm_msg.h"

/** an SA with all its attributes, a large replay window included */
#define SA_LEN 4096

/**
 * Change of an SA.
 */
typedef struct {
	/** request that makes it, and where that is */
	struct nlmsghdr *nlh;
	char *buf;
	/** the SA in it */
	struct xfrm_usersa_info *sa;
	/** all of the SA is in there */
	bool complete;
} change_t;

/*
 * Described in header.
 */
mobility_limits_t mobility_limits_asleep(mobility_limits_t limits, uint64_t age,
										 uint64_t seconds)
{
	if (limits.hard)
	{
		limits.hard = seconds ? max(limits.hard, age + seconds) : 0;
	}
	if (limits.soft)
	{
		limits.soft = limits.hard ? limits.hard - 1 : 0;
	}
	return limits;
}

/*
 * Described in header.
 */
mobility_limits_t mobility_limits_awake(mobility_limits_t limits, uint64_t age,
										bool rekeyed)
{
	if (limits.hard && (rekeyed || limits.soft))
	{
		limits.hard = max(limits.hard, age +
						  (rekeyed ? MOBILITY_LIFETIMES_GRACE
								   : MOBILITY_LIFETIMES_OVER));
	}
	return limits;
}

/**
 * Build a request that writes an SA, from what the kernel says of it: a
 * mobility_nlsocket_cb_t.  All it takes from that are the limits, the rest has to
 * be valid; an algorithm in particular, and UDP encapsulation if there is any.
 */
static void build(void *data, const struct nlmsghdr *nlh)
{
	change_t *change = data;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != XFRM_MSG_NEWSA ||
		nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*change->sa)))
	{
		return;
	}
	change->nlh = mnl_nlmsg_put_header(change->buf);
	change->nlh->nlmsg_type = XFRM_MSG_UPDSA;
	change->nlh->nlmsg_flags = NLM_F_REPLACE;
	change->sa = mnl_nlmsg_put_extra_header(change->nlh, sizeof(*change->sa));
	memcpy(change->sa, mnl_nlmsg_get_payload(nlh), sizeof(*change->sa));
	/* the kernel sets it by net.ipv4.ip_no_pmtu_disc, but may refuse it */
	change->sa->flags &= ~XFRM_STATE_NOPMTUDISC;
	change->complete = TRUE;
	mobility_netlink_for_each(attr, nlh, sizeof(*change->sa))
	{
		switch (mnl_attr_get_type(attr))
		{
			case XFRMA_LASTUSED:
			case XFRMA_PAD:
			case XFRMA_OFFLOAD_DEV:
				break;
			default:
				change->complete = change->complete &&
						mnl_attr_put_check(change->nlh, SA_LEN,
										   mnl_attr_get_type(attr),
										   mnl_attr_get_payload_len(attr),
										   mnl_attr_get_payload(attr));
				break;
		}
	}
}

/**
 * Read an SA, to change it.
 */
static int get(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
			   change_t *change)
{
	char request[128] __attribute__((aligned(MNL_ALIGNTO)));
	int error;

	error = xfrm->request(xfrm,
						  mobility_xfrm_msg_sa(request, XFRM_MSG_GETSA, id),
						  build, change);
	return error ?: change->complete ? 0 : EBADMSG;
}

/**
 * Get the age of an SA in seconds, the time may have been set back meanwhile.
 */
static uint64_t get_age(const change_t *change)
{
	uint64_t now = time(NULL), added = change->sa->curlft.add_time;

	return now > added ? now - added : 0;
}

/**
 * Write an SA with other limits.
 */
static int write_limits(mobility_xfrm_t *xfrm, change_t *change,
						mobility_limits_t limits)
{
	change->sa->lft.soft_add_expires_seconds = limits.soft;
	change->sa->lft.hard_add_expires_seconds = limits.hard;
	return xfrm->request(xfrm, change->nlh, NULL, NULL);
}

/*
 * Described in header.
 */
int mobility_lifetimes_extend(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
							  uint64_t seconds, mobility_limits_t *limits)
{
	char buf[SA_LEN] __attribute__((aligned(sizeof(uint64_t))));
	change_t change = {
		.buf = buf,
	};
	int error;

	error = get(xfrm, id, &change);
	if (!error)
	{
		if (!limits->soft && !limits->hard)
		{
			limits->soft = change.sa->lft.soft_add_expires_seconds;
			limits->hard = change.sa->lft.hard_add_expires_seconds;
		}
		error = limits->soft || limits->hard ?
				write_limits(xfrm, &change,
							 mobility_limits_asleep(*limits, get_age(&change),
													seconds)) : 0;
	}
	memwipe(buf, sizeof(buf));
	return error;
}

/*
 * Described in header.
 */
int mobility_lifetimes_restore(mobility_xfrm_t *xfrm,
							   const mobility_sa_id_t *id,
							   mobility_limits_t limits, bool rekeyed)
{
	char buf[SA_LEN] __attribute__((aligned(sizeof(uint64_t))));
	change_t change = {
		.buf = buf,
	};
	int error;

	error = get(xfrm, id, &change);
	if (!error)
	{
		error = write_limits(xfrm, &change,
							 mobility_limits_awake(limits, get_age(&change),
												   rekeyed));
	}
	memwipe(buf, sizeof(buf));
	return error;
}
