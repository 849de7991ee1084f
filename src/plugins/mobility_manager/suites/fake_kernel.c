/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_kernel.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/udp.h>

/** a key, which is zeros in lockdown */
#define KEY "a key that is secret"

/*
 * Described in header
 */
fake_kernel_t fake_kernel;

/**
 * Write an address
 */
static void put(host_t *host, xfrm_address_t *addr)
{
	mobility_ip_t ip = mobility_ip_from_host(host);

	memcpy(addr, ip.bytes, sizeof(*addr));
}

/**
 * Find an SA
 */
static int find_sa(const xfrm_address_t *dst, uint16_t family, uint32_t spi)
{
	struct xfrm_usersa_info *info;
	int i;

	for (i = 0; i < fake_kernel.sa_count; i++)
	{
		info = &fake_kernel.sas[i].info;
		if (info->id.spi == spi && info->family == family &&
			memeq(&info->id.daddr, dst, sizeof(*dst)))
		{
			return i;
		}
	}
	return -1;
}

/*
 * Described in header
 */
int fake_kernel_find_sa(host_t *dst, uint32_t spi)
{
	xfrm_address_t addr;

	put(dst, &addr);
	return find_sa(&addr, dst->get_family(dst), spi);
}

/*
 * Described in header
 */
void fake_kernel_remove_sa(int i)
{
	if (i >= 0)
	{
		fake_kernel.sa_count--;
		memmove(&fake_kernel.sas[i], &fake_kernel.sas[i + 1],
				(fake_kernel.sa_count - i) * sizeof(fake_sa_t));
	}
}

/**
 * Add an SA, before all others
 */
static int insert_sa(const fake_sa_t *sa)
{
	if (find_sa(&sa->info.id.daddr, sa->info.family, sa->info.id.spi) >= 0)
	{
		return EEXIST;
	}
	ck_assert_int_lt(fake_kernel.sa_count, FAKE_KERNEL_MAX);
	memmove(&fake_kernel.sas[1], &fake_kernel.sas[0],
			fake_kernel.sa_count * sizeof(fake_sa_t));
	fake_kernel.sas[0] = *sa;
	fake_kernel.sa_count++;
	return 0;
}

/*
 * Described in header
 */
void fake_kernel_add_sa(host_t *src, host_t *dst, uint32_t spi, uint32_t reqid,
						bool encap)
{
	fake_sa_t sa = {
		.info = {
			.family = dst->get_family(dst),
			.id.spi = spi,
			.id.proto = IPPROTO_ESP,
			.mode = XFRM_MODE_TUNNEL,
			.reqid = reqid,
		},
		.packets = 42,
	};

	put(src, &sa.info.saddr);
	put(dst, &sa.info.id.daddr);
	if (encap)
	{
		sa.encap = (struct xfrm_encap_tmpl){
			.encap_type = UDP_ENCAP_ESPINUDP,
			.encap_sport = htons(src->get_port(src)),
			.encap_dport = htons(dst->get_port(dst)),
		};
	}
	ck_assert_int_eq(insert_sa(&sa), 0);
}

/*
 * Described in header
 */
void fake_kernel_allocate(host_t *src, host_t *dst, uint32_t spi)
{
	fake_kernel_add_sa(src, dst, spi, 0, FALSE);
	fake_kernel.sas[0].allocated = TRUE;
}

/**
 * Find a policy, -1 if there is none
 */
static int find_policy(const struct xfrm_userpolicy_id *id)
{
	int i;

	for (i = 0; i < fake_kernel.policy_count; i++)
	{
		if (fake_kernel.policies[i].info.dir == id->dir &&
			memeq(&fake_kernel.policies[i].info.sel, &id->sel,
				  sizeof(id->sel)))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Add a policy, or replace it
 */
static void write_policy(const fake_policy_t *policy)
{
	struct xfrm_userpolicy_id id = {
		.dir = policy->info.dir,
		.sel = policy->info.sel,
	};
	int i = find_policy(&id);

	if (i < 0)
	{
		ck_assert_int_lt(fake_kernel.policy_count, FAKE_KERNEL_MAX);
		i = fake_kernel.policy_count++;
	}
	fake_kernel.policies[i] = *policy;
}

/*
 * Described in header
 */
void fake_kernel_add_policy(const mobility_xfrm_move_t *move)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	const struct xfrm_userpolicy_id *id;
	fake_policy_t policy = {
		.tmpl = {
			.id.proto = IPPROTO_ESP,
			.reqid = move->reqid,
			.family = move->dst->get_family(move->dst),
			.mode = XFRM_MODE_TUNNEL,
		},
	};

	id = mnl_nlmsg_get_payload(mobility_xfrm_msg_policy(buf,
											XFRM_MSG_GETPOLICY, move));
	policy.info.dir = id->dir;
	policy.info.sel = id->sel;
	put(move->src, &policy.tmpl.saddr);
	put(move->dst, &policy.tmpl.id.daddr);
	write_policy(&policy);
}

/**
 * Tell of an SA
 */
static int get_sa(const struct nlmsghdr *request, mobility_nlsocket_cb_t cb,
				  void *data)
{
	char buf[1024] __attribute__((aligned(sizeof(uint64_t))));
	char algo[sizeof(struct xfrm_algo_aead) + 20] = {};
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(request);
	struct xfrm_algo_aead *aead = (void*)algo;
	struct nlmsghdr *nlh;
	fake_sa_t *sa;
	int i;

	i = find_sa(&id->daddr, id->family, id->spi);
	if (i < 0)
	{
		return ESRCH;
	}
	sa = &fake_kernel.sas[i];
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_NEWSA;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(sa->info)), &sa->info,
		   sizeof(sa->info));
	if (sa->encap.encap_type)
	{
		mnl_attr_put(nlh, XFRMA_ENCAP, sizeof(sa->encap), &sa->encap);
	}
	aead->alg_key_len = 160;
	if (!fake_kernel.lockdown)
	{
		memcpy(aead->alg_key, KEY, 20);
	}
	if (!sa->allocated)
	{
		mnl_attr_put(nlh, XFRMA_ALG_AEAD, sizeof(algo), algo);
	}
	cb(data, nlh);
	return 0;
}

/**
 * Read attributes
 */
static void parse(const struct nlmsghdr *nlh, size_t len,
				  const struct nlattr *tb[])
{
	ck_assert(mobility_netlink_parse(nlh, len, tb, XFRMA_MAX));
}

/**
 * Add an SA
 */
static int new_sa(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	fake_sa_t sa = {};

	parse(nlh, sizeof(sa.info), tb);
	ck_assert(tb[XFRMA_ALG_AEAD] != NULL);
	memcpy(&sa.info, mnl_nlmsg_get_payload(nlh), sizeof(sa.info));
	if (tb[XFRMA_ENCAP])
	{
		memcpy(&sa.encap, mnl_attr_get_payload(tb[XFRMA_ENCAP]),
			   sizeof(sa.encap));
	}
	return insert_sa(&sa);
}

/**
 * Give an SA other limits, as xfrm_state_update() does
 */
static int upd_sa(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_usersa_info info;
	int i;

	parse(nlh, sizeof(info), tb);
	ck_assert(tb[XFRMA_ALG_AEAD] != NULL);
	memcpy(&info, mnl_nlmsg_get_payload(nlh), sizeof(info));
	i = find_sa(&info.id.daddr, info.family, info.id.spi);
	if (i < 0)
	{
		return ESRCH;
	}
	if (!tb[XFRMA_ENCAP] != !fake_kernel.sas[i].encap.encap_type)
	{
		return EINVAL;
	}
	fake_kernel.sas[i].info.lft = info.lft;
	return 0;
}

/**
 * Delete an SA
 */
static int del_sa(const struct nlmsghdr *nlh)
{
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(nlh);
	int i = find_sa(&id->daddr, id->family, id->spi);

	fake_kernel_remove_sa(i);
	return i < 0 ? ESRCH : 0;
}

/**
 * Move an SA: a copy is added, and the original deleted.  They may be at the
 * same destination.
 */
static int move_sa(int i, uint16_t family, const xfrm_address_t *src,
				   const xfrm_address_t *dst, const struct nlattr *encap)
{
	fake_sa_t sa = fake_kernel.sas[i];
	int there;

	there = find_sa(dst, family, sa.info.id.spi);
	if (there >= 0 && there != i)
	{
		return EEXIST;
	}
	fake_kernel_remove_sa(i);
	sa.info.family = family;
	sa.info.saddr = *src;
	sa.info.id.daddr = *dst;
	sa.packets = 0;
	if (encap)
	{
		memcpy(&sa.encap, mnl_attr_get_payload(encap), sizeof(sa.encap));
	}
	return insert_sa(&sa);
}

/**
 * Find an SA by what a policy has in common with it
 */
static int find_by_reqid(const struct xfrm_user_migrate *migrate)
{
	struct xfrm_usersa_info *info;
	int i;

	for (i = 0; i < fake_kernel.sa_count; i++)
	{
		info = &fake_kernel.sas[i].info;
		if (info->reqid == migrate->reqid && info->mode == migrate->mode &&
			info->family == migrate->old_family &&
			memeq(&info->saddr, &migrate->old_saddr, sizeof(info->saddr)) &&
			memeq(&info->id.daddr, &migrate->old_daddr,
				  sizeof(info->id.daddr)))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Move a policy, and an SA if there is one
 */
static int migrate_both(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	const struct xfrm_user_migrate *migrate;
	struct xfrm_user_tmpl *tmpl;
	int policy, sa, error;

	if (!fake_kernel.migrate)
	{
		return ENOPROTOOPT;
	}
	parse(nlh, sizeof(struct xfrm_userpolicy_id), tb);
	migrate = mnl_attr_get_payload(tb[XFRMA_MIGRATE]);
	policy = find_policy(mnl_nlmsg_get_payload(nlh));
	if (policy < 0)
	{
		return ENOENT;
	}
	tmpl = &fake_kernel.policies[policy].tmpl;
	if (tmpl->family != migrate->old_family ||
		!memeq(&tmpl->saddr, &migrate->old_saddr, sizeof(tmpl->saddr)) ||
		!memeq(&tmpl->id.daddr, &migrate->old_daddr, sizeof(tmpl->id.daddr)))
	{
		return ENODATA;
	}
	sa = find_by_reqid(migrate);
	error = sa < 0 ? 0 : move_sa(sa, migrate->new_family, &migrate->new_saddr,
								 &migrate->new_daddr, tb[XFRMA_ENCAP]);
	if (!error)
	{
		tmpl->family = migrate->new_family;
		tmpl->saddr = migrate->new_saddr;
		tmpl->id.daddr = migrate->new_daddr;
	}
	return error;
}

/**
 * Move an SA
 */
static int migrate_state(const struct nlmsghdr *nlh)
{
	const struct xfrm_user_migrate_state *migrate;
	const struct nlattr *tb[XFRMA_MAX + 1];
	uint64_t packets;
	int i, error;

	if (!fake_kernel.atomic)
	{
		return EINVAL;
	}
	parse(nlh, sizeof(*migrate), tb);
	migrate = mnl_nlmsg_get_payload(nlh);
	i = find_sa(&migrate->id.daddr, migrate->id.family, migrate->id.spi);
	if (i < 0)
	{
		return ESRCH;
	}
	packets = fake_kernel.sas[i].packets;
	error = move_sa(i, migrate->new_family, &migrate->new_saddr,
					&migrate->new_daddr, tb[XFRMA_ENCAP]);
	if (!error)
	{
		fake_kernel.sas[0].packets = packets;
	}
	return error;
}

/**
 * Tell of a policy
 */
static int get_policy(const struct nlmsghdr *request,
					  mobility_nlsocket_cb_t cb, void *data)
{
	char buf[1024] __attribute__((aligned(sizeof(uint64_t))));
	fake_policy_t *policy;
	struct nlmsghdr *nlh;
	int i;

	if (request->nlmsg_flags & NLM_F_DUMP)
	{
		return 0;
	}
	i = find_policy(mnl_nlmsg_get_payload(request));
	if (i < 0)
	{
		return ENOENT;
	}
	policy = &fake_kernel.policies[i];
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_NEWPOLICY;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(policy->info)),
		   &policy->info, sizeof(policy->info));
	mnl_attr_put(nlh, XFRMA_TMPL, sizeof(policy->tmpl), &policy->tmpl);
	cb(data, nlh);
	return 0;
}

/**
 * Replace a policy
 */
static int upd_policy(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	fake_policy_t policy;

	parse(nlh, sizeof(policy.info), tb);
	memcpy(&policy.info, mnl_nlmsg_get_payload(nlh), sizeof(policy.info));
	memset(&policy.tmpl, 0, sizeof(policy.tmpl));
	if (tb[XFRMA_TMPL])
	{
		memcpy(&policy.tmpl, mnl_attr_get_payload(tb[XFRMA_TMPL]),
			   sizeof(policy.tmpl));
	}
	write_policy(&policy);
	return 0;
}

/**
 * Delete a policy
 */
static int del_policy(const struct nlmsghdr *nlh)
{
	int i = find_policy(mnl_nlmsg_get_payload(nlh));

	if (i < 0)
	{
		return ENOENT;
	}
	fake_kernel.policies[i] = fake_kernel.policies[--fake_kernel.policy_count];
	return 0;
}

/**
 * Set the counters of an SA
 */
static int new_ae(const struct nlmsghdr *nlh)
{
	const struct xfrm_aevent_id *ae = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_lifetime_cur cur;
	int i = find_sa(&ae->sa_id.daddr, ae->sa_id.family, ae->sa_id.spi);

	if (i < 0)
	{
		return ESRCH;
	}
	parse(nlh, sizeof(*ae), tb);
	memcpy(&cur, mnl_attr_get_payload(tb[XFRMA_LTIME_VAL]), sizeof(cur));
	fake_kernel.sas[i].packets = cur.packets;
	return 0;
}

/**
 * Do what is asked for
 */
static int handle(struct nlmsghdr *nlh, mobility_nlsocket_cb_t cb, void *data)
{
	switch (nlh->nlmsg_type)
	{
		case XFRM_MSG_GETSA:
			return get_sa(nlh, cb, data);
		case XFRM_MSG_NEWSA:
			return new_sa(nlh);
		case XFRM_MSG_UPDSA:
			return upd_sa(nlh);
		case XFRM_MSG_DELSA:
			return del_sa(nlh);
		case XFRM_MSG_MIGRATE:
			return migrate_both(nlh);
		case XFRM_MSG_MIGRATE_STATE:
			return migrate_state(nlh);
		case XFRM_MSG_GETPOLICY:
			return get_policy(nlh, cb, data);
		case XFRM_MSG_UPDPOLICY:
			return upd_policy(nlh);
		case XFRM_MSG_DELPOLICY:
			return del_policy(nlh);
		case XFRM_MSG_NEWAE:
			return new_ae(nlh);
		default:
			ck_assert_msg(FALSE, "request %u", nlh->nlmsg_type);
			return EINVAL;
	}
}

/**
 * A mobility_nlsocket_cb_t that gets no answer
 */
static void deaf(void *data, const struct nlmsghdr *nlh)
{
}

/**
 * Count a request, and get what happens to it
 */
static fake_fault_t get_fault(uint16_t type)
{
	if (type == XFRM_MSG_DELSA || type == XFRM_MSG_DELPOLICY)
	{	/* nobody could do anything about that */
		return FAKE_FAULT_NONE;
	}
	return ++fake_kernel.requests == fake_kernel.faulty ? fake_kernel.fault
														: FAKE_FAULT_NONE;
}

METHOD(mobility_xfrm_t, request_, int,
	mobility_xfrm_t *this, struct nlmsghdr *nlh, mobility_nlsocket_cb_t cb,
	void *data)
{
	switch (get_fault(nlh->nlmsg_type))
	{
		case FAKE_FAULT_REFUSED:
			return ENOMEM;
		case FAKE_FAULT_LOST:
			handle(nlh, deaf, NULL);
			return EAGAIN;
		default:
			return handle(nlh, cb, data);
	}
}

METHOD(mobility_xfrm_t, get_sa_, int,
	mobility_xfrm_t *this, const mobility_sa_id_t *id, mobility_sa_t *sa)
{
	xfrm_address_t dst;
	int i;

	if (get_fault(XFRM_MSG_GETAE) != FAKE_FAULT_NONE)
	{
		return EAGAIN;
	}
	memcpy(&dst, id->dst.bytes, sizeof(dst));
	i = find_sa(&dst, id->dst.family, id->spi);
	if (i < 0)
	{
		return ESRCH;
	}
	memset(sa, 0, sizeof(*sa));
	sa->id = *id;
	sa->src.family = fake_kernel.sas[i].info.family;
	memcpy(sa->src.bytes, &fake_kernel.sas[i].info.saddr,
		   sizeof(xfrm_address_t));
	sa->packets = fake_kernel.sas[i].packets;
	return 0;
}

/*
 * Described in header
 */
mobility_xfrm_t *fake_kernel_create_xfrm(void)
{
	static mobility_xfrm_t xfrm;

	xfrm = (mobility_xfrm_t){
		.request = _request_,
		.get_sa = _get_sa_,
	};
	return &xfrm;
}
