/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <linux/xfrm.h>

#include "esp/xfrm.h"

#include <utils/debug.h>

/** what may be asked for besides what is always sent */
#define AE_FLAGS (XFRM_AE_RVAL | XFRM_AE_LVAL | XFRM_AE_RTHR)

typedef struct private_mobility_xfrm_t private_mobility_xfrm_t;

/**
 * Private data
 */
struct private_mobility_xfrm_t {

	/**
	 * Public interface.
	 */
	mobility_xfrm_t public;

	/**
	 * The socket.
	 */
	mobility_nlsocket_t *socket;

	/**
	 * Duration of the kernel's jiffies, in nanoseconds.
	 */
	uint64_t jiffy;
};

/*
 * Described in header.
 */
mobility_sa_id_t mobility_sa_id_create(host_t *dst, uint8_t proto,
									   uint32_t spi, mark_t mark)
{
	mobility_sa_id_t id;

	memset(&id, 0, sizeof(id));
	id.dst = mobility_ip_from_host(dst);
	id.proto = proto;
	id.spi = spi;
	id.mark = mark;
	return id;
}

/*
 * Described in header.
 */
bool mobility_sa_id_equals(const mobility_sa_id_t *a,
						   const mobility_sa_id_t *b)
{
	return a->spi == b->spi && a->proto == b->proto &&
		   mobility_ip_equals(&a->dst, &b->dst) &&
		   a->mark.value == b->mark.value && a->mark.mask == b->mark.mask;
}

/**
 * Read an address
 */
static bool parse_address(const xfrm_address_t *addr, int family,
						  mobility_ip_t *ip)
{
	size_t len;

	memset(ip, 0, sizeof(*ip));
	ip->family = family;
	len = mobility_ip_bits(ip) / 8;
	memcpy(ip->bytes, addr, len);
	return len != 0;
}

/**
 * Get the payload of an attribute that may be longer than what we know
 */
static bool get_struct(const struct nlattr *attr, void *data, size_t len)
{
	if (attr && mnl_attr_get_payload_len(attr) >= len)
	{
		memcpy(data, mnl_attr_get_payload(attr), len);
		return TRUE;
	}
	return FALSE;
}

/**
 * Read replay state with a bitmap of any size
 */
static bool parse_replay_esn(const struct nlattr *attr, mobility_sa_t *sa)
{
	struct xfrm_replay_state_esn replay;

	if (!get_struct(attr, &replay, sizeof(replay)) ||
		replay.bmp_len > countof(sa->bitmap) ||
		mnl_attr_get_payload_len(attr) <
							sizeof(replay) + replay.bmp_len * sizeof(uint32_t))
	{
		return FALSE;
	}
	sa->esn = TRUE;
	sa->oseq = (uint64_t)replay.oseq_hi << 32 | replay.oseq;
	sa->seq = (uint64_t)replay.seq_hi << 32 | replay.seq;
	sa->window = replay.replay_window;
	sa->words = replay.bmp_len;
	memcpy(sa->bitmap, mnl_attr_get_payload(attr) + sizeof(replay),
		   replay.bmp_len * sizeof(uint32_t));
	return TRUE;
}

/**
 * Read replay state, the kernel sends either the one or the other
 */
static bool parse_replay(const struct nlattr *tb[], mobility_sa_t *sa)
{
	struct xfrm_replay_state replay;

	if (tb[XFRMA_REPLAY_ESN_VAL])
	{
		return parse_replay_esn(tb[XFRMA_REPLAY_ESN_VAL], sa);
	}
	if (!get_struct(tb[XFRMA_REPLAY_VAL], &replay, sizeof(replay)))
	{
		return FALSE;
	}
	sa->oseq = replay.oseq;
	sa->seq = replay.seq;
	sa->words = 1;
	sa->bitmap[0] = replay.bitmap;
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_xfrm_parse(const struct nlmsghdr *nlh, mobility_sa_t *sa)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	const struct xfrm_aevent_id *ae;
	struct xfrm_lifetime_cur cur;
	struct xfrm_mark mark = {};
	mobility_sa_t parsed = {};

	if (nlh->nlmsg_type != XFRM_MSG_NEWAE ||
		!mobility_netlink_parse(nlh, sizeof(*ae), tb, XFRMA_MAX))
	{
		return FALSE;
	}
	ae = mnl_nlmsg_get_payload(nlh);
	if (!parse_address(&ae->sa_id.daddr, ae->sa_id.family, &parsed.id.dst) ||
		!parse_address(&ae->saddr, ae->sa_id.family, &parsed.src) ||
		!get_struct(tb[XFRMA_LTIME_VAL], &cur, sizeof(cur)) ||
		!parse_replay(tb, &parsed))
	{
		return FALSE;
	}
	get_struct(tb[XFRMA_MARK], &mark, sizeof(mark));
	mobility_netlink_get_u32(tb[XFRMA_IF_ID], &parsed.if_id);
	mobility_netlink_get_u32(tb[XFRMA_REPLAY_THRESH], &parsed.threshold);
	parsed.id.proto = ae->sa_id.proto;
	parsed.id.spi = ae->sa_id.spi;
	parsed.id.mark.value = mark.v;
	parsed.id.mark.mask = mark.m;
	parsed.flags = ae->flags;
	parsed.bytes = cur.bytes;
	parsed.packets = cur.packets;
	parsed.add_time = cur.add_time;
	parsed.use_time = cur.use_time;
	*sa = parsed;
	return TRUE;
}

METHOD(mobility_xfrm_t, request, int,
	private_mobility_xfrm_t *this, struct nlmsghdr *nlh,
	mobility_nlsocket_cb_t cb, void *data)
{
	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	/* as charon does: what it deletes itself is no news */
	nlh->nlmsg_pid = getpid();
	return this->socket->exchange(this->socket, nlh, cb, data);
}

/*
 * Described in header.
 */
struct nlmsghdr *mobility_xfrm_put_ae(void *buf, uint16_t type,
									  const mobility_sa_id_t *id,
									  uint32_t flags)
{
	struct xfrm_aevent_id *ae;
	struct xfrm_mark mark = {
		.v = id->mark.value,
		.m = id->mark.mask,
	};
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	ae = mnl_nlmsg_put_extra_header(nlh, sizeof(*ae));
	memcpy(&ae->sa_id.daddr, id->dst.bytes, sizeof(id->dst.bytes));
	ae->sa_id.family = id->dst.family;
	ae->sa_id.proto = id->proto;
	ae->sa_id.spi = id->spi;
	ae->flags = flags;
	if (mark.m)
	{
		mnl_attr_put(nlh, XFRMA_MARK, sizeof(mark), &mark);
	}
	return nlh;
}

/**
 * State of an answer about an SA
 */
typedef struct {
	/** what it says */
	mobility_sa_t *sa;
	/** it was understood */
	bool found;
} sa_answer_t;

/**
 * Read an answer about an SA, a mobility_nlsocket_cb_t
 */
static void collect_sa(void *data, const struct nlmsghdr *nlh)
{
	sa_answer_t *answer = data;

	answer->found |= mobility_xfrm_parse(nlh, answer->sa);
}

METHOD(mobility_xfrm_t, get_sa, int,
	private_mobility_xfrm_t *this, const mobility_sa_id_t *id,
	mobility_sa_t *sa)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	sa_answer_t answer = {
		.sa = sa,
	};
	struct nlmsghdr *nlh;
	int error;

	nlh = mobility_xfrm_put_ae(buf, XFRM_MSG_GETAE, id, AE_FLAGS);
	error = request(this, nlh, collect_sa, &answer);
	return error ?: answer.found ? 0 : EBADMSG;
}

METHOD(mobility_xfrm_t, set_thresholds, int,
	private_mobility_xfrm_t *this, const mobility_sa_id_t *id, uint32_t seq,
	uint32_t age)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	uint64_t jiffies;

	/* the kernel takes jiffies here, although it sends tenths of a second */
	jiffies = max(age * 1000000ULL / this->jiffy, 1);
	nlh = mobility_xfrm_put_ae(buf, XFRM_MSG_NEWAE, id, 0);
	/* without this the kernel refuses any change */
	nlh->nlmsg_flags |= NLM_F_REPLACE;
	mnl_attr_put_u32(nlh, XFRMA_REPLAY_THRESH, seq);
	mnl_attr_put_u32(nlh, XFRMA_ETIMER_THRESH, jiffies);
	return request(this, nlh, NULL, NULL);
}

METHOD(mobility_xfrm_t, destroy, void,
	private_mobility_xfrm_t *this)
{
	this->socket->destroy(this->socket);
	free(this);
}

/**
 * Get the duration of a jiffy, which is what the coarse clock counts
 */
static uint64_t get_jiffy()
{
	struct timespec res;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &res) == 0 && !res.tv_sec &&
		res.tv_nsec)
	{
		return res.tv_nsec;
	}
	return 10000000;
}

/*
 * Described in header.
 */
mobility_xfrm_t *mobility_xfrm_create()
{
	private_mobility_xfrm_t *this;
	mobility_nlsocket_t *socket;

	socket = mobility_nlsocket_create(NETLINK_XFRM);
	if (!socket)
	{
		DBG1(DBG_KNL, "mobility: opening XFRM socket failed: %s",
			 strerror(errno));
		return NULL;
	}

	INIT(this,
		.public = {
			.request = _request,
			.get_sa = _get_sa,
			.set_thresholds = _set_thresholds,
			.destroy = _destroy,
		},
		.socket = socket,
		.jiffy = get_jiffy(),
	);
	return &this->public;
}
