/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <netinet/in.h>
#include <linux/udp.h>
#include <linux/xfrm.h>

#include "esp/xfrm_copy.h"
#include "esp/xfrm_msg.h"
#include "esp/xfrm_policy.h"

#include <threading/mutex.h>
#include <utils/debug.h>

/** how often room is made for an SA: packets may take it again at any time */
#define ROOM_TRIES 3

typedef struct private_mobility_xfrm_migrate_t private_mobility_xfrm_migrate_t;

/**
 * Private data of a mobility_xfrm_migrate_t object.
 */
struct private_mobility_xfrm_migrate_t {

	/**
	 * Public interface.
	 */
	mobility_xfrm_migrate_t public;

	/**
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * The kernel knows XFRM_MSG_MIGRATE_STATE.
	 */
	bool atomic;

	/**
	 * What is a matter of several requests is not to be mixed up with the same
	 * of others, and SAs are moved by what they have in common.
	 */
	mutex_t *mutex;
};

/**
 * Where an SA is in the kernel.
 */
typedef struct {
	/** source address */
	mobility_ip_t src;
	/** UDP encapsulation, with encap_type 0 there is none */
	struct xfrm_encap_tmpl encap;
} place_t;

/**
 * Read where an SA is, a mobility_nlsocket_cb_t.
 */
static void get_place(void *data, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	const struct xfrm_usersa_info *sa;
	place_t *place = data;

	if (nlh->nlmsg_type == XFRM_MSG_NEWSA &&
		mobility_netlink_parse(nlh, sizeof(*sa), tb, XFRMA_MAX) &&
		mobility_xfrm_has_keys(tb))
	{
		sa = mnl_nlmsg_get_payload(nlh);
		place->src.family = sa->family;
		memcpy(place->src.bytes, &sa->saddr,
			   mobility_ip_bits(&place->src) / 8);
		if (tb[XFRMA_ENCAP] &&
			mnl_attr_get_payload_len(tb[XFRMA_ENCAP]) >= sizeof(place->encap))
		{
			memcpy(&place->encap, mnl_attr_get_payload(tb[XFRMA_ENCAP]),
				   sizeof(place->encap));
		}
	}
}

/**
 * Check if the SA has its new addresses, and the right encapsulation.
 */
static bool is_there(private_mobility_xfrm_migrate_t *this,
					 const mobility_xfrm_move_t *move)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));
	mobility_ip_t src = mobility_ip_from_host(move->new_src);
	mobility_sa_id_t id;
	struct nlmsghdr *nlh;
	place_t place = {};

	id = mobility_sa_id_create(move->new_dst, IPPROTO_ESP, move->spi,
							   (mark_t){});
	nlh = mobility_xfrm_msg_sa(buf, XFRM_MSG_GETSA, &id);
	if (this->xfrm->request(this->xfrm, nlh, get_place, &place) != 0 ||
		!mobility_ip_equals(&place.src, &src))
	{
		return FALSE;
	}
	if (!move->encap)
	{
		return !place.encap.encap_type;
	}
	return place.encap.encap_type == UDP_ENCAP_ESPINUDP &&
		   place.encap.encap_sport ==
								htons(move->new_src->get_port(move->new_src)) &&
		   place.encap.encap_dport ==
								htons(move->new_dst->get_port(move->new_dst));
}

METHOD(mobility_xfrm_migrate_t, has_moved, bool,
	private_mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	return is_there(this, move);
}

/**
 * The copy starts with no packets, while policies may be about their number.
 */
static void restore_counters(private_mobility_xfrm_migrate_t *this,
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
	struct nlmsghdr *nlh;

	nlh = mobility_xfrm_put_ae(buf, XFRM_MSG_NEWAE, id, 0);
	nlh->nlmsg_flags = NLM_F_REPLACE;
	mnl_attr_put(nlh, XFRMA_LTIME_VAL, sizeof(cur), &cur);
	this->xfrm->request(this->xfrm, nlh, NULL, NULL);
}

/**
 * Send a request to move something.  Returns 0, or errno of what failed.
 */
static int send_move(private_mobility_xfrm_migrate_t *this,
					 const mobility_xfrm_move_t *move, struct nlmsghdr *nlh)
{
	int error;

	error = this->xfrm->request(this->xfrm, nlh, NULL, NULL);
	if (error)
	{
		DBG2(DBG_KNL, "unable to migrate SA with SPI %.8x and %N policy: %s",
			 ntohl(move->spi), policy_dir_names, move->dir,
			 mobility_nlsocket_strerror(error));
	}
	return error;
}

/**
 * Check if only UDP ports change, or if there is UDP encapsulation.
 */
static bool stays(const mobility_xfrm_move_t *move)
{
	return move->src->ip_equals(move->src, move->new_src) &&
		   move->dst->ip_equals(move->dst, move->new_dst);
}

/**
 * Move a policy only.
 */
static void move_policy(private_mobility_xfrm_migrate_t *this,
						const mobility_xfrm_move_t *move)
{
	if (!stays(move))
	{	/* a policy has nothing of what changes otherwise */
		mobility_xfrm_policy_write(this->xfrm, move, move, move->new_src,
								   move->new_dst);
	}
}

/**
 * Count the other SAs that have moved.
 */
static int count_kin(private_mobility_xfrm_migrate_t *this,
					 const mobility_xfrm_move_t *move)
{
	mobility_xfrm_move_t kin = *move;
	int i, count = 0;

	for (i = 0; i < array_count(move->kin); i++)
	{
		array_get(move->kin, i, &kin.spi);
		count += is_there(this, &kin);
	}
	return count;
}

/**
 * Move back what was moved last, with its policy.
 */
static void move_back(private_mobility_xfrm_migrate_t *this,
					  const mobility_xfrm_move_t *move)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	mobility_xfrm_move_t back = *move;
	int error;

	back.src = move->new_src;
	back.dst = move->new_dst;
	back.new_src = move->src;
	back.new_dst = move->dst;
	error = send_move(this, &back, mobility_xfrm_msg_migrate(buf, &back));
	if (error)
	{
		DBG1(DBG_KNL, "mobility: an SA with reqid %u is at %H now, and is going "
			 "to stay there: %s", move->reqid, move->new_dst,
			 mobility_nlsocket_strerror(error));
	}
}

/**
 * Have nothing in the way of an SA, and of the others that may move instead.
 */
static bool clear_place(private_mobility_xfrm_migrate_t *this,
						const mobility_xfrm_move_t *move)
{
	mobility_sa_id_t id;
	bool cleared;
	int i;

	id = mobility_sa_id_create(move->new_dst, IPPROTO_ESP, move->spi,
							   (mark_t){});
	cleared = mobility_xfrm_make_room(this->xfrm, &id);
	for (i = 0; i < array_count(move->kin); i++)
	{
		array_get(move->kin, i, &id.spi);
		cleared |= mobility_xfrm_make_room(this->xfrm, &id);
	}
	return cleared;
}

/**
 * Have the kernel move an SA that is where we say, and a policy, by what it has
 * in common with others.
 */
static bool migrate_by_reqid(private_mobility_xfrm_migrate_t *this,
							 const mobility_xfrm_move_t *move)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	int kin = count_kin(this, move), before, error, tries = ROOM_TRIES;

	nlh = mobility_xfrm_msg_migrate(buf, move);
	while (nlh)
	{
		error = send_move(this, move, nlh);
		if (is_there(this, move))
		{
			return TRUE;
		}
		if (error && tries-- && clear_place(this, move))
		{
			nlh = mobility_xfrm_msg_migrate(buf, move);
			continue;
		}
		if (error)
		{
			return FALSE;
		}
		before = kin;
		kin = count_kin(this, move);
		if (kin == before)
		{
			move_back(this, move);
			return FALSE;
		}
		/* one that has to move as well, but the policy is needed again */
		if (!mobility_xfrm_policy_write(this->xfrm, move, move, move->src,
										move->dst))
		{
			return FALSE;
		}
		nlh = mobility_xfrm_msg_migrate(buf, move);
	}
	return FALSE;
}

/**
 * Move an SA that is where we say, by itself, and then a policy.
 */
static bool migrate_apart(private_mobility_xfrm_migrate_t *this,
						  const mobility_xfrm_move_t *move)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));

	/* without its policy an SA is of no use */
	if (!mobility_xfrm_msg_policy(buf, XFRM_MSG_GETPOLICY, move))
	{
		return FALSE;
	}
	send_move(this, move, mobility_xfrm_msg_migrate_state(buf, move));
	if (!is_there(this, move))
	{
		return FALSE;
	}
	move_policy(this, move);
	return TRUE;
}

/**
 * Move an SA that is where we say, and a policy.  Packets that leave between the
 * one and the other find no SA for their policy, so those have to move at once
 * where it is sure which SA that is.
 */
static bool migrate_from(private_mobility_xfrm_migrate_t *this,
						 const mobility_xfrm_move_t *move)
{
	bool first = move->dir == POLICY_OUT && !stays(move) &&
				 !array_count(move->kin);

	return (first && migrate_by_reqid(this, move)) ||
		   (this->atomic && migrate_apart(this, move)) ||
		   (!first && migrate_by_reqid(this, move));
}

/**
 * Move an SA and a policy, with the mutex locked.
 */
static bool migrate_locked(private_mobility_xfrm_migrate_t *this,
						   const mobility_xfrm_move_t *move)
{
	mobility_ip_t src = mobility_ip_from_host(move->src);
	mobility_sa_id_t old, new;
	mobility_sa_t before, after;

	if (is_there(this, move))
	{
		move_policy(this, move);
		return TRUE;
	}
	old = mobility_sa_id_create(move->dst, IPPROTO_ESP, move->spi, (mark_t){});
	new = mobility_sa_id_create(move->new_dst, IPPROTO_ESP, move->spi,
								(mark_t){});
	if (this->xfrm->get_sa(this->xfrm, &old, &before) != 0 ||
		!mobility_ip_equals(&before.src, &src))
	{
		return FALSE;
	}
	clear_place(this, move);
	if (!migrate_from(this, move))
	{
		return FALSE;
	}
	if (this->xfrm->get_sa(this->xfrm, &new, &after) == 0 &&
		after.packets < before.packets)
	{
		restore_counters(this, &new, &before);
	}
	return TRUE;
}

/**
 * Create the traffic selector of packets that there are none of: nobody has
 * the broadcast address, or its counterpart.
 */
static traffic_selector_t *create_nobody(traffic_selector_t *like)
{
	bool v4 = like->get_type(like) == TS_IPV4_ADDR_RANGE;

	return traffic_selector_create_from_cidr(v4 ? "255.255.255.255/32" :
							"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
							0, 0, 65535);
}

/**
 * Move an SA with a policy of its own that nobody's packets match, with the mutex
 * locked.
 */
static bool migrate_carried(private_mobility_xfrm_migrate_t *this,
							const mobility_xfrm_move_t *move)
{
	mobility_xfrm_move_t carrier = *move;
	traffic_selector_t *nobody;
	bool moved = FALSE;

	nobody = create_nobody(move->src_ts);
	carrier.src_ts = carrier.dst_ts = nobody;
	/* XFRM_MSG_MIGRATE needs a policy that is as the SA is */
	if (mobility_xfrm_policy_write(this->xfrm, move, &carrier, move->src,
								   move->dst))
	{
		moved = migrate_locked(this, &carrier);
	}
	/* it may be there even if the kernel has not said so */
	mobility_xfrm_policy_del(this->xfrm, &carrier);
	nobody->destroy(nobody);
	return moved;
}

METHOD(mobility_xfrm_migrate_t, migrate, bool,
	private_mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	bool moved;

	this->mutex->lock(this->mutex);
	moved = migrate_locked(this, move);
	if (!moved && array_count(move->kin) && migrate_carried(this, move))
	{	/* the policy may have moved already, with one of the others */
		move_policy(this, move);
		moved = TRUE;
	}
	this->mutex->unlock(this->mutex);
	return moved;
}

METHOD(mobility_xfrm_migrate_t, relax, bool,
	private_mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	return mobility_xfrm_policy_write(this->xfrm, move, move, NULL, NULL);
}

METHOD(mobility_xfrm_migrate_t, migrate_relaxed, bool,
	private_mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	bool moved;

	this->mutex->lock(this->mutex);
	moved = migrate_carried(this, move);
	this->mutex->unlock(this->mutex);
	return moved;
}

METHOD(mobility_xfrm_migrate_t, has_policy, bool,
	private_mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;

	nlh = mobility_xfrm_msg_policy(buf, XFRM_MSG_GETPOLICY, move);
	return !nlh || this->xfrm->request(this->xfrm, nlh, NULL, NULL) != ENOENT;
}

METHOD(mobility_xfrm_migrate_t, has_sa, bool,
	private_mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id)
{
	bool allocated;

	return mobility_xfrm_look(this->xfrm, id, &allocated) != ESRCH &&
		   !allocated;
}

METHOD(mobility_xfrm_migrate_t, copy_, bool,
	private_mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id,
	host_t *dst)
{
	return mobility_xfrm_copy(this->xfrm, id, dst);
}

METHOD(mobility_xfrm_migrate_t, make_room, void,
	private_mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id)
{
	this->mutex->lock(this->mutex);
	mobility_xfrm_make_room(this->xfrm, id);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_xfrm_migrate_t, del, void,
	private_mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id)
{
	mobility_xfrm_del(this->xfrm, id);
}

METHOD(mobility_xfrm_migrate_t, destroy, void,
	private_mobility_xfrm_migrate_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Ask for an SA that does not exist to be moved.  Kernels that can't move any
 * have other errors.
 */
static bool is_atomic(mobility_xfrm_t *xfrm)
{
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	host_t *any;
	int error;
	mobility_xfrm_move_t move = {
		/* reserved, nobody uses it (RFC 4303, 2.1) */
		.spi = htonl(1),
	};

	any = host_create_any(AF_INET);
	move.src = move.dst = move.new_src = move.new_dst = any;
	error = xfrm->request(xfrm, mobility_xfrm_msg_migrate_state(buf, &move),
						  NULL, NULL);
	any->destroy(any);
	return error == ESRCH;
}

/*
 * Described in header.
 */
mobility_xfrm_migrate_t *mobility_xfrm_migrate_create(mobility_xfrm_t *xfrm)
{
	private_mobility_xfrm_migrate_t *this;

	if (!xfrm)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.migrate = _migrate,
			.relax = _relax,
			.migrate_relaxed = _migrate_relaxed,
			.has_moved = _has_moved,
			.has_policy = _has_policy,
			.has_sa = _has_sa,
			.copy = _copy_,
			.make_room = _make_room,
			.del = _del,
			.destroy = _destroy,
		},
		.xfrm = xfrm,
		.atomic = is_atomic(xfrm),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
