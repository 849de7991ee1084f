/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/udp.h>
#include <linux/xfrm.h>

#include "mobility_sad.h"

#include <threading/mutex.h>
#include <utils/debug.h>

/** an SA with all its attributes, a large replay window included */
#define SA_LEN 4096

typedef struct private_mobility_sad_t private_mobility_sad_t;

/**
 * Private data of a mobility_sad_t object.
 */
struct private_mobility_sad_t {

	/**
	 * Public interface.
	 */
	mobility_sad_t public;

	/**
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Lock for the socket.
	 */
	mutex_t *mutex;
};

/**
 * Copy of an SA that is being built.
 */
typedef struct {
	/** address to accept packets at */
	mobility_ip_t dst;
	/** request to add it */
	struct nlmsghdr *nlh;
	/** where that is, and its length */
	char *buf;
	size_t len;
	/** all of the SA is in there */
	bool complete;
} copy_t;

/**
 * Write an address.
 */
static void put_address(host_t *host, xfrm_address_t *addr)
{
	mobility_ip_t ip = mobility_ip_from_host(host);

	memcpy(addr, ip.bytes, sizeof(*addr));
}

/**
 * Write the subnet of a traffic selector.
 */
static void put_subnet(traffic_selector_t *ts, xfrm_address_t *addr,
					   uint8_t *prefix)
{
	host_t *net;

	ts->to_subnet(ts, &net, prefix);
	put_address(net, addr);
	net->destroy(net);
}

/**
 * Write the ports of a traffic selector; a policy can only have one or all.
 */
static bool put_port(traffic_selector_t *ts, uint16_t *port, uint16_t *mask)
{
	uint16_t from, to;

	from = ts->get_from_port(ts);
	to = ts->get_to_port(ts);
	if (from == to)
	{
		*port = htons(from);
		*mask = 0xffff;
	}
	return from == to || (from == 0 && to == 0xffff);
}

/**
 * Write the selector of a policy, which has to be exactly what charon wrote.
 * Returns FALSE for what is rare and written in special ways.
 */
static bool put_selector(const mobility_sad_move_t *move,
						 struct xfrm_selector *sel)
{
	traffic_selector_t *src = move->src_ts, *dst = move->dst_ts;

	sel->family = src->get_type(src) == TS_IPV4_ADDR_RANGE ? AF_INET
														   : AF_INET6;
	sel->proto = max(src->get_protocol(src), dst->get_protocol(dst));
	put_subnet(src, &sel->saddr, &sel->prefixlen_s);
	put_subnet(dst, &sel->daddr, &sel->prefixlen_d);
	sel->ifindex = move->interface ? if_nametoindex(move->interface) : 0;
	return put_port(src, &sel->sport, &sel->sport_mask) &&
		   put_port(dst, &sel->dport, &sel->dport_mask) &&
		   ((sel->proto != IPPROTO_ICMP && sel->proto != IPPROTO_ICMPV6) ||
			(!sel->sport_mask && !sel->dport_mask));
}

/**
 * Write what changes.
 */
static void put_migrate(struct nlmsghdr *nlh, const mobility_sad_move_t *move)
{
	struct xfrm_user_migrate migrate = {
		.proto = IPPROTO_ESP,
		.mode = XFRM_MODE_TUNNEL,
		.reqid = move->reqid,
		.old_family = move->dst->get_family(move->dst),
		.new_family = move->new_dst->get_family(move->new_dst),
	};
	struct xfrm_encap_tmpl encap = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_sport = htons(move->new_src->get_port(move->new_src)),
		.encap_dport = htons(move->new_dst->get_port(move->new_dst)),
	};

	put_address(move->src, &migrate.old_saddr);
	put_address(move->dst, &migrate.old_daddr);
	put_address(move->new_src, &migrate.new_saddr);
	put_address(move->new_dst, &migrate.new_daddr);
	mnl_attr_put(nlh, XFRMA_MIGRATE, sizeof(migrate), &migrate);
	if (move->encap)
	{
		mnl_attr_put(nlh, XFRMA_ENCAP, sizeof(encap), &encap);
	}
	if (move->if_id)
	{
		mnl_attr_put_u32(nlh, XFRMA_IF_ID, move->if_id);
	}
}

/**
 * Check if the SA has its new addresses.
 */
static bool has_moved(private_mobility_sad_t *this,
					  const mobility_sad_move_t *move, mobility_sa_t *sa)
{
	mobility_sa_id_t id;
	mobility_ip_t src = mobility_ip_from_host(move->new_src);

	id = mobility_sa_id_create(move->new_dst, IPPROTO_ESP, move->spi,
							   (mark_t){});
	return this->xfrm->get_sa(this->xfrm, &id, sa) == 0 &&
		   mobility_ip_equals(&sa->src, &src);
}

/**
 * The copy starts with no packets, while policies may be about their number.
 */
static void restore_counters(private_mobility_sad_t *this,
							 const mobility_sa_id_t *id,
							 const mobility_sa_t *sa)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct xfrm_lifetime_cur cur = {
		.bytes = sa->bytes,
		.packets = sa->packets,
		.add_time = sa->add_time,
		.use_time = sa->use_time,
	};
	struct xfrm_aevent_id *ae;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_NEWAE;
	nlh->nlmsg_flags = NLM_F_REPLACE;
	ae = mnl_nlmsg_put_extra_header(nlh, sizeof(*ae));
	memcpy(&ae->sa_id.daddr, id->dst.bytes, sizeof(id->dst.bytes));
	ae->sa_id.family = id->dst.family;
	ae->sa_id.proto = id->proto;
	ae->sa_id.spi = id->spi;
	mnl_attr_put(nlh, XFRMA_LTIME_VAL, sizeof(cur), &cur);
	this->xfrm->request(this->xfrm, nlh, NULL, NULL);
}

METHOD(mobility_sad_t, migrate, bool,
	private_mobility_sad_t *this, const mobility_sad_move_t *move)
{
	char buf[512] __attribute__((aligned(MNL_ALIGNTO)));
	struct xfrm_userpolicy_id *policy;
	struct nlmsghdr *nlh;
	mobility_sa_id_t id;
	mobility_sa_t before, after;
	bool had, moved = FALSE;

	id = mobility_sa_id_create(move->dst, IPPROTO_ESP, move->spi, (mark_t){});
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_MIGRATE;
	policy = mnl_nlmsg_put_extra_header(nlh, sizeof(*policy));
	policy->dir = move->dir == POLICY_IN ? XFRM_POLICY_IN :
				  move->dir == POLICY_FWD ? XFRM_POLICY_FWD : XFRM_POLICY_OUT;
	if (!put_selector(move, &policy->sel))
	{
		return FALSE;
	}
	put_migrate(nlh, move);

	this->mutex->lock(this->mutex);
	had = this->xfrm->get_sa(this->xfrm, &id, &before) == 0;
	if (this->xfrm->request(this->xfrm, nlh, NULL, NULL) != 0)
	{
		DBG2(DBG_KNL, "unable to migrate SA with SPI %.8x and %N policy: %s",
			 ntohl(move->spi), policy_dir_names, move->dir,
			 this->xfrm->get_error(this->xfrm));
	}
	else if (has_moved(this, move, &after))
	{
		moved = TRUE;
		if (had && !after.add_time == !before.add_time &&
			after.packets < before.packets)
		{
			restore_counters(this, &after.id, &before);
		}
	}
	this->mutex->unlock(this->mutex);
	return moved;
}

/**
 * Build the copy of an SA, a mobility_xfrm_cb_t.
 */
static void build_copy(void *data, const struct nlmsghdr *nlh)
{
	copy_t *copy = data;
	struct xfrm_usersa_info *sa;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != XFRM_MSG_NEWSA ||
		nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*sa)))
	{
		return;
	}
	copy->nlh = mnl_nlmsg_put_header(copy->buf);
	copy->nlh->nlmsg_type = XFRM_MSG_NEWSA;
	copy->nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	sa = mnl_nlmsg_put_extra_header(copy->nlh, sizeof(*sa));
	memcpy(sa, mnl_nlmsg_get_payload(nlh), sizeof(*sa));
	memcpy(&sa->id.daddr, copy->dst.bytes, sizeof(copy->dst.bytes));
	copy->complete = mnl_attr_put_check(copy->nlh, copy->len, XFRMA_LTIME_VAL,
										sizeof(sa->curlft), &sa->curlft);
	mnl_attr_for_each(attr, nlh, sizeof(*sa))
	{
		switch (mnl_attr_get_type(attr))
		{
			case XFRMA_LASTUSED:
			case XFRMA_PAD:
				break;
			case XFRMA_OFFLOAD_DEV:
				/* the copy may need another device, of another driver */
				copy->complete = FALSE;
				break;
			default:
				copy->complete = copy->complete &&
						mnl_attr_put_check(copy->nlh, copy->len,
										   mnl_attr_get_type(attr),
										   mnl_attr_get_payload_len(attr),
										   mnl_attr_get_payload(attr));
				break;
		}
	}
}

/**
 * Start a request about an SA.
 */
static struct nlmsghdr *put_sa_id(char *buf, uint16_t type,
								  const mobility_sa_id_t *id)
{
	struct xfrm_usersa_id *sa;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	sa = mnl_nlmsg_put_extra_header(nlh, sizeof(*sa));
	memcpy(&sa->daddr, id->dst.bytes, sizeof(id->dst.bytes));
	sa->family = id->dst.family;
	sa->proto = id->proto;
	sa->spi = id->spi;
	return nlh;
}

METHOD(mobility_sad_t, copy_, bool,
	private_mobility_sad_t *this, const mobility_sa_id_t *id, host_t *dst)
{
	char request[128] __attribute__((aligned(MNL_ALIGNTO)));
	char buf[SA_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	copy_t copy = {
		.dst = mobility_ip_from_host(dst),
		.buf = buf,
		.len = sizeof(buf),
	};
	bool copied = FALSE;

	if (copy.dst.family != id->dst.family)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	if (this->xfrm->request(this->xfrm, put_sa_id(request, XFRM_MSG_GETSA, id),
							build_copy, &copy) == 0 && copy.complete)
	{
		copied = this->xfrm->request(this->xfrm, copy.nlh, NULL, NULL) == 0;
	}
	if (!copied)
	{
		DBG2(DBG_KNL, "unable to copy SA with SPI %.8x: %s", ntohl(id->spi),
			 this->xfrm->get_error(this->xfrm));
	}
	this->mutex->unlock(this->mutex);
	memwipe(buf, sizeof(buf));
	return copied;
}

METHOD(mobility_sad_t, del, void,
	private_mobility_sad_t *this, const mobility_sa_id_t *id)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));

	this->mutex->lock(this->mutex);
	this->xfrm->request(this->xfrm, put_sa_id(buf, XFRM_MSG_DELSA, id), NULL,
						NULL);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_sad_t, destroy, void,
	private_mobility_sad_t *this)
{
	this->xfrm->destroy(this->xfrm);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_sad_t *mobility_sad_create()
{
	private_mobility_sad_t *this;
	mobility_xfrm_t *xfrm;

	xfrm = mobility_xfrm_create();
	if (!xfrm)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.migrate = _migrate,
			.copy = _copy_,
			.del = _del,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
