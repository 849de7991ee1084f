/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <linux/xfrm.h>

#include "esp/mute.h"
#include "esp/xfrm_msg.h"

#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/debug.h>

typedef struct private_mobility_mute_t private_mobility_mute_t;
typedef struct policy_t policy_t;

/**
 * Private data of a mobility_mute_t object.
 */
struct private_mobility_mute_t {

	/**
	 * Public interface.
	 */
	mobility_mute_t public;

	/**
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Error of the last policy that the kernel refused, told once.
	 */
	int refused;

	/**
	 * Lock for what follows, not held for requests.
	 */
	mutex_t *mutex;

	/**
	 * First policy of each session that is mute, uintptr_t => policy_t*.
	 */
	hashtable_t *sessions;

	/**
	 * Policies by what the kernel knows them by, name_t* => policy_t*.  If
	 * several sessions have the same, that of the last one.
	 */
	hashtable_t *names;
};

/**
 * What the kernel knows a policy by, compared as a whole.
 */
typedef struct {
	/** selector */
	struct xfrm_selector sel;
	/** mark */
	struct xfrm_mark mark;
	/** interface ID, 0 if there is none */
	uint32_t if_id;
} name_t;

/**
 * A policy that drops packets.
 */
struct policy_t {
	/** its name */
	name_t name;
	/** next one of the session */
	policy_t *next;
};

/**
 * Hash a name.
 */
static u_int name_hash(const void *key)
{
	return chunk_hash(chunk_create((void*)key, sizeof(name_t)));
}

/**
 * Compare names.
 */
static bool name_equals(const void *a, const void *b)
{
	return memeq(a, b, sizeof(name_t));
}

/**
 * Get the name of the policy that goes with one of charon's, and optionally the
 * request for charon's own.  Returns FALSE for those that are left alone.
 */
static bool get_name(kernel_ipsec_policy_id_t *id, name_t *name, char *get)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	mobility_xfrm_move_t move = {
		.dir = POLICY_OUT,
		.src_ts = id->src_ts,
		.dst_ts = id->dst_ts,
		.interface = id->interface,
		.if_id = id->if_id,
	};
	struct xfrm_userpolicy_id *policy;
	struct nlmsghdr *nlh;

	nlh = mobility_xfrm_msg_policy(get ?: buf, XFRM_MSG_GETPOLICY, &move);
	if (!nlh || id->dir != POLICY_OUT || id->label)
	{
		return FALSE;
	}
	memset(name, 0, sizeof(*name));
	name->mark.v = id->mark.value;
	name->mark.m = id->mark.mask;
	name->if_id = id->if_id;
	if (name->mark.m)
	{
		mnl_attr_put(nlh, XFRMA_MARK, sizeof(name->mark), &name->mark);
	}
	policy = mnl_nlmsg_get_payload(nlh);
	/* all of it is compared, what is between its members as well */
	memcpy(&name->sel, &policy->sel, sizeof(name->sel));
	name->sel.user = MOBILITY_MUTE_USER;
	return TRUE;
}

/**
 * Add what names a policy beside its selector.
 */
static void put_name(struct nlmsghdr *nlh, const name_t *name)
{
	if (name->mark.m)
	{
		mnl_attr_put(nlh, XFRMA_MARK, sizeof(name->mark), &name->mark);
	}
	if (name->if_id)
	{
		mnl_attr_put_u32(nlh, XFRMA_IF_ID, name->if_id);
	}
}

/**
 * Read the priority of a policy, a mobility_nlsocket_cb_t.
 */
static void get_priority(void *data, const struct nlmsghdr *nlh)
{
	struct xfrm_userpolicy_info policy;

	if (nlh->nlmsg_type == XFRM_MSG_NEWPOLICY &&
		nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(policy)))
	{	/* it is not aligned as its 64-bit members want it */
		memcpy(&policy, mnl_nlmsg_get_payload(nlh), sizeof(policy));
		*(uint32_t*)data = policy.priority;
	}
}

/**
 * Write a policy right in front of another one, no matter if it is there.
 */
static int write_policy(private_mobility_mute_t *this, const name_t *name,
						uint32_t priority, uint64_t seconds)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(sizeof(uint64_t))));
	struct xfrm_userpolicy_info *policy;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_UPDPOLICY;
	policy = mnl_nlmsg_put_extra_header(nlh, sizeof(*policy));
	policy->sel = name->sel;
	policy->lft.soft_byte_limit = XFRM_INF;
	policy->lft.hard_byte_limit = XFRM_INF;
	policy->lft.soft_packet_limit = XFRM_INF;
	policy->lft.hard_packet_limit = XFRM_INF;
	policy->lft.hard_add_expires_seconds = seconds;
	policy->priority = max(priority, 1) - 1;
	policy->dir = XFRM_POLICY_OUT;
	policy->action = XFRM_POLICY_BLOCK;
	put_name(nlh, name);
	return this->xfrm->request(this->xfrm, nlh, NULL, NULL);
}

/**
 * Delete a policy.
 */
static void delete_policy(private_mobility_mute_t *this, const name_t *name)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	struct xfrm_userpolicy_id *policy;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_DELPOLICY;
	policy = mnl_nlmsg_put_extra_header(nlh, sizeof(*policy));
	policy->sel = name->sel;
	policy->dir = XFRM_POLICY_OUT;
	put_name(nlh, name);
	this->xfrm->request(this->xfrm, nlh, NULL, NULL);
}

/**
 * Find a policy of a session, with the mutex locked.
 */
static policy_t *find_policy(private_mobility_mute_t *this, uint32_t number,
							 const name_t *name)
{
	policy_t *policy;

	policy = this->sessions->get(this->sessions, (void*)(uintptr_t)number);
	while (policy && !name_equals(&policy->name, name))
	{
		policy = policy->next;
	}
	return policy;
}

/**
 * Note a policy that is about to be written.
 */
static void note_policy(private_mobility_mute_t *this, uint32_t number,
						const name_t *name)
{
	void *key = (void*)(uintptr_t)number;
	policy_t *policy;

	this->mutex->lock(this->mutex);
	policy = find_policy(this, number, name);
	if (!policy)
	{
		INIT(policy,
			.name = *name,
			.next = this->sessions->get(this->sessions, key),
		);
		this->sessions->put(this->sessions, key, policy);
	}
	this->names->remove(this->names, &policy->name);
	this->names->put(this->names, &policy->name, policy);
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a policy is still to be there after it was written.
 */
static bool is_wanted(private_mobility_mute_t *this, uint32_t number,
					  const name_t *name)
{
	bool wanted;

	this->mutex->lock(this->mutex);
	wanted = find_policy(this, number, name) != NULL;
	this->mutex->unlock(this->mutex);
	return wanted;
}

/**
 * Drop what one of charon's policies is for.
 */
static void mute_policy(private_mobility_mute_t *this, uint32_t number,
						kernel_ipsec_policy_id_t *id, uint64_t seconds)
{
	char get[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	uint32_t priority = 0;
	name_t name;
	int error;

	if (!get_name(id, &name, get))
	{
		DBG2(DBG_KNL, "policy %R === %R out is not muted", id->src_ts,
			 id->dst_ts);
		return;
	}
	error = this->xfrm->request(this->xfrm, (struct nlmsghdr*)get, get_priority,
								&priority);
	if (!error)
	{
		note_policy(this, number, &name);
		error = write_policy(this, &name, priority, seconds);
		if (!is_wanted(this, number, &name))
		{	/* packets came just then */
			delete_policy(this, &name);
		}
	}
	if (error)
	{
		dbg(DBG_KNL, error == this->refused ? 2 : 1, "mobility: packets still "
			"leave to clients that sleep, the kernel refuses to drop them: %s",
			mobility_nlsocket_strerror(error));
		this->refused = error;
	}
}

METHOD(mobility_mute_t, mute, void,
	private_mobility_mute_t *this, ike_sa_t *ike_sa, uint32_t number,
	uint64_t seconds)
{
	enumerator_t *children, *policies;
	child_sa_t *child_sa;
	child_cfg_t *config;

	children = ike_sa->create_child_sa_enumerator(ike_sa);
	while (children->enumerate(children, &child_sa))
	{
		config = child_sa->get_config(child_sa);
		kernel_ipsec_policy_id_t id = {
			.dir = POLICY_OUT,
			.mark = child_sa->get_mark(child_sa, FALSE),
			.if_id = child_sa->get_if_id(child_sa, FALSE),
			.interface = config->get_interface(config),
			.label = child_sa->get_label(child_sa),
		};

		if (config->has_option(config, OPT_NO_POLICIES) ||
			!(child_sa->get_outbound_state(child_sa) &
												CHILD_OUTBOUND_POLICIES))
		{
			continue;
		}
		policies = child_sa->create_policy_enumerator(child_sa);
		while (policies->enumerate(policies, &id.src_ts, &id.dst_ts))
		{
			mute_policy(this, number, &id, seconds);
		}
		policies->destroy(policies);
	}
	children->destroy(children);
}

/**
 * Delete the policies of a session, which is not in the table anymore.
 */
static void delete_policies(private_mobility_mute_t *this, policy_t *policy)
{
	policy_t *next;

	while (policy)
	{
		next = policy->next;
		delete_policy(this, &policy->name);
		free(policy);
		policy = next;
	}
}

METHOD(mobility_mute_t, unmute, void,
	private_mobility_mute_t *this, uint32_t number)
{
	policy_t *first, *policy;

	this->mutex->lock(this->mutex);
	first = this->sessions->remove(this->sessions, (void*)(uintptr_t)number);
	for (policy = first; policy; policy = policy->next)
	{
		if (this->names->get(this->names, &policy->name) == policy)
		{
			this->names->remove(this->names, &policy->name);
		}
	}
	this->mutex->unlock(this->mutex);
	delete_policies(this, first);
}

METHOD(mobility_mute_t, lift, void,
	private_mobility_mute_t *this, kernel_ipsec_policy_id_t *id)
{
	bool found = FALSE;
	name_t name;

	this->mutex->lock(this->mutex);
	if (this->names->get_count(this->names) && get_name(id, &name, NULL))
	{
		found = this->names->remove(this->names, &name) != NULL;
	}
	this->mutex->unlock(this->mutex);
	if (found)
	{
		delete_policy(this, &name);
	}
}

/**
 * Find a policy that a crashed daemon has left, a mobility_nlsocket_cb_t.
 */
static void find_left(void *data, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_userpolicy_info policy;
	array_t *left = data;
	name_t name;

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY ||
		!mobility_netlink_parse(nlh, sizeof(policy), tb, XFRMA_MAX))
	{
		return;
	}
	/* it is not aligned as its 64-bit members want it */
	memcpy(&policy, mnl_nlmsg_get_payload(nlh), sizeof(policy));
	if (policy.sel.user != MOBILITY_MUTE_USER ||
		policy.dir != XFRM_POLICY_OUT || policy.action != XFRM_POLICY_BLOCK)
	{
		return;
	}
	memset(&name, 0, sizeof(name));
	memcpy(&name.sel, &policy.sel, sizeof(name.sel));
	if (tb[XFRMA_MARK] &&
		mnl_attr_get_payload_len(tb[XFRMA_MARK]) >= sizeof(name.mark))
	{
		memcpy(&name.mark, mnl_attr_get_payload(tb[XFRMA_MARK]),
			   sizeof(name.mark));
	}
	mobility_netlink_get_u32(tb[XFRMA_IF_ID], &name.if_id);
	array_insert(left, ARRAY_TAIL, &name);
}

/**
 * Delete what a crashed daemon has left.
 */
static void sweep(private_mobility_mute_t *this)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	array_t *left;
	name_t name;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_GETPOLICY;
	nlh->nlmsg_flags = NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct xfrm_userpolicy_id));
	left = array_create(sizeof(name), 0);
	this->xfrm->request(this->xfrm, nlh, find_left, left);
	while (array_remove(left, ARRAY_HEAD, &name))
	{
		delete_policy(this, &name);
	}
	array_destroy(left);
}

METHOD(mobility_mute_t, destroy, void,
	private_mobility_mute_t *this)
{
	enumerator_t *enumerator;
	policy_t *first;

	enumerator = this->sessions->create_enumerator(this->sessions);
	while (enumerator->enumerate(enumerator, NULL, &first))
	{
		delete_policies(this, first);
	}
	enumerator->destroy(enumerator);
	this->sessions->destroy(this->sessions);
	this->names->destroy(this->names);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_mute_t *mobility_mute_create(mobility_xfrm_t *xfrm)
{
	private_mobility_mute_t *this;

	INIT(this,
		.public = {
			.mute = _mute,
			.unmute = _unmute,
			.lift = _lift,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.sessions = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									 8),
		.names = hashtable_create(name_hash, name_equals, 8),
	);
	sweep(this);
	return &this->public;
}
