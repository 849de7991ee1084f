/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <linux/xfrm.h>

#include "esp/vip_policies.h"

#include <threading/mutex.h>
#include <utils/debug.h>

/** destination port that selectors have, none of its bits is compared */
#define PORT 0x4d4d

/** lowest priority, charon calculates others */
#define PRIORITY UINT32_MAX

typedef struct private_mobility_vip_policies_t private_mobility_vip_policies_t;

/**
 * Private data of a mobility_vip_policies_t object.
 */
struct private_mobility_vip_policies_t {

	/**
	 * Public interface.
	 */
	mobility_vip_policies_t public;

	/**
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Knows which addresses IKE_SAs have.
	 */
	mobility_lost_vips_t *vips;

	/**
	 * What is installed, mobility_vip_net_t, the oldest first.
	 */
	array_t *pairs;

	/**
	 * Networks of sessions, claim_t.
	 */
	array_t *claims;

	/**
	 * What the kernel refused last, errno, to log it once.
	 */
	int refused;

	/**
	 * Locks all of it.
	 */
	mutex_t *mutex;
};

/**
 * A session has tunnels to a network.  All bytes that are not used are zero.
 */
typedef struct {
	/** session */
	void *session;
	/** network */
	mobility_net_t net;
} claim_t;

/**
 * Write the selector of a policy.
 */
static void put_selector(const mobility_vip_net_t *pair,
						 struct xfrm_selector *sel)
{
	memcpy(&sel->saddr, pair->vip.bytes, sizeof(pair->vip.bytes));
	memcpy(&sel->daddr, pair->net.net.bytes, sizeof(pair->net.net.bytes));
	sel->family = pair->vip.family;
	sel->prefixlen_s = mobility_ip_bits(&pair->vip);
	sel->prefixlen_d = pair->net.prefix;
	sel->dport = htons(PORT);
}

/**
 * Write a policy, no matter if it is there.
 */
static void write_policy(private_mobility_vip_policies_t *this,
						 const mobility_vip_net_t *pair)
{
	char buf[512] __attribute__((aligned(sizeof(uint64_t))));
	struct xfrm_userpolicy_info *policy;
	struct nlmsghdr *nlh;
	int error;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_UPDPOLICY;
	policy = mnl_nlmsg_put_extra_header(nlh, sizeof(*policy));
	put_selector(pair, &policy->sel);
	policy->lft.soft_byte_limit = XFRM_INF;
	policy->lft.hard_byte_limit = XFRM_INF;
	policy->lft.soft_packet_limit = XFRM_INF;
	policy->lft.hard_packet_limit = XFRM_INF;
	policy->priority = PRIORITY;
	policy->dir = XFRM_POLICY_OUT;
	policy->action = XFRM_POLICY_BLOCK;
	error = this->xfrm->request(this->xfrm, nlh, NULL, NULL);
	if (error)
	{
		dbg(DBG_KNL, error == this->refused ? 2 : 1, "mobility: what is sent "
			"from a virtual IP may leave in the clear when a session ends, the "
			"kernel refuses a policy: %s", mobility_nlsocket_strerror(error));
		this->refused = error;
	}
}

/**
 * Delete a policy.
 */
static void delete_policy(private_mobility_vip_policies_t *this,
						  const mobility_vip_net_t *pair)
{
	char buf[512] __attribute__((aligned(sizeof(uint64_t))));
	struct xfrm_userpolicy_id *policy;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_DELPOLICY;
	policy = mnl_nlmsg_put_extra_header(nlh, sizeof(*policy));
	put_selector(pair, &policy->sel);
	policy->dir = XFRM_POLICY_OUT;
	this->xfrm->request(this->xfrm, nlh, NULL, NULL);
}

/**
 * Check if there is a policy.
 */
static bool is_there(private_mobility_vip_policies_t *this,
					 const mobility_vip_net_t *pair)
{
	mobility_vip_net_t current;
	int i;

	for (i = 0; i < array_count(this->pairs); i++)
	{
		array_get(this->pairs, i, &current);
		if (memeq(&current, pair, sizeof(current)))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if a session has tunnels to a network, NULL for any session.
 */
static bool is_claimed(private_mobility_vip_policies_t *this, void *session,
					   const mobility_net_t *net)
{
	claim_t claim;
	int i;

	for (i = 0; i < array_count(this->claims); i++)
	{
		array_get(this->claims, i, &claim);
		if ((!session || claim.session == session) &&
			memeq(&claim.net, net, sizeof(*net)))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Note that a session has tunnels to a network.
 */
static void add_claim(private_mobility_vip_policies_t *this, void *session,
					  const mobility_net_t *net)
{
	claim_t claim;

	if (!is_claimed(this, session, net))
	{
		memset(&claim, 0, sizeof(claim));
		claim.session = session;
		claim.net = *net;
		array_insert(this->claims, ARRAY_TAIL, &claim);
	}
}

/**
 * Check if any IKE_SA has a virtual IP address.
 */
static bool is_held(private_mobility_vip_policies_t *this,
					const mobility_ip_t *vip)
{
	host_t *host = mobility_ip_to_host(vip);
	bool held;

	held = this->vips->is_held(this->vips, host);
	host->destroy(host);
	return held;
}

/**
 * Delete policies that nobody needs anymore.  The mutex must be held.
 */
static void purge(private_mobility_vip_policies_t *this)
{
	mobility_vip_net_t pair;
	int i;

	for (i = array_count(this->pairs) - 1; i >= 0; i--)
	{
		array_get(this->pairs, i, &pair);
		if (!is_claimed(this, NULL, &pair.net) && !is_held(this, &pair.vip))
		{
			delete_policy(this, &pair);
			array_remove(this->pairs, i, NULL);
		}
	}
}

METHOD(mobility_vip_policies_t, add, void,
	private_mobility_vip_policies_t *this, void *session, array_t *pairs)
{
	mobility_vip_net_t pair, oldest;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(pairs); i++)
	{
		array_get(pairs, i, &pair);
		add_claim(this, session, &pair.net);
		if (!is_there(this, &pair))
		{
			if (array_count(this->pairs) >= MOBILITY_VIP_POLICIES_MAX)
			{
				array_remove(this->pairs, ARRAY_HEAD, &oldest);
				delete_policy(this, &oldest);
			}
			array_insert(this->pairs, ARRAY_TAIL, &pair);
			write_policy(this, &pair);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_vip_policies_t, end, void,
	private_mobility_vip_policies_t *this, void *session)
{
	claim_t claim;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->claims) - 1; i >= 0; i--)
	{
		array_get(this->claims, i, &claim);
		if (claim.session == session)
		{
			array_remove(this->claims, i, NULL);
		}
	}
	purge(this);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_vip_policies_t, restore, void,
	private_mobility_vip_policies_t *this)
{
	mobility_vip_net_t pair;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->pairs); i++)
	{
		array_get(this->pairs, i, &pair);
		write_policy(this, &pair);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * An address is gone, a mobility_lost_vips_cb_t.
 */
static void vip_gone(void *data)
{
	private_mobility_vip_policies_t *this = data;

	this->mutex->lock(this->mutex);
	purge(this);
	this->mutex->unlock(this->mutex);
}

/**
 * Take over a policy that a crashed daemon has left, with the address probably: a
 * mobility_nlsocket_cb_t.
 */
static void adopt(void *data, const struct nlmsghdr *nlh)
{
	private_mobility_vip_policies_t *this = data;
	struct xfrm_userpolicy_info policy;
	const struct xfrm_selector *sel = &policy.sel;
	mobility_vip_net_t pair = {};

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY ||
		nlh->nlmsg_len < mnl_nlmsg_size(sizeof(policy)))
	{
		return;
	}
	/* it is not aligned as its 64-bit members want it */
	memcpy(&policy, mnl_nlmsg_get_payload(nlh), sizeof(policy));
	if (policy.action != XFRM_POLICY_BLOCK || policy.priority != PRIORITY ||
		sel->dport != htons(PORT) || sel->dport_mask)
	{
		return;
	}
	pair.vip.family = pair.net.net.family = sel->family;
	memcpy(pair.vip.bytes, &sel->saddr, mobility_ip_bits(&pair.vip) / 8);
	memcpy(pair.net.net.bytes, &sel->daddr, mobility_ip_bits(&pair.vip) / 8);
	pair.net.prefix = sel->prefixlen_d;
	array_insert(this->pairs, ARRAY_TAIL, &pair);
}

/**
 * Ask for all policies.
 */
static void adopt_all(private_mobility_vip_policies_t *this)
{
	char buf[512] __attribute__((aligned(sizeof(uint64_t))));
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_GETPOLICY;
	nlh->nlmsg_flags = NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct xfrm_userpolicy_id));
	this->xfrm->request(this->xfrm, nlh, adopt, this);
}

METHOD(mobility_vip_policies_t, destroy, void,
	private_mobility_vip_policies_t *this)
{
	mobility_vip_net_t pair;

	this->vips->set_gone(this->vips, NULL, NULL);
	while (array_remove(this->pairs, ARRAY_TAIL, &pair))
	{
		delete_policy(this, &pair);
	}
	array_destroy(this->pairs);
	array_destroy(this->claims);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_vip_policies_t *mobility_vip_policies_create(mobility_xfrm_t *xfrm,
												mobility_lost_vips_t *vips)
{
	private_mobility_vip_policies_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.end = _end,
			.restore = _restore,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.vips = vips,
		.pairs = array_create(sizeof(mobility_vip_net_t), 0),
		.claims = array_create(sizeof(claim_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	adopt_all(this);
	vips->set_gone(vips, vip_gone, this);
	return &this->public;
}
