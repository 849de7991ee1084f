/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <linux/xfrm.h>

#include "esp/xfrm_copy.h"
#include "esp/xfrm_msg.h"

#include <utils/debug.h>

/** an SA with all its attributes, a large replay window included */
#define SA_LEN 4096

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
 * Check if an attribute is a key that the kernel does not tell but writes
 * zeros for, as it does in lockdown.  Nobody may get in with a key of zeros.
 */
static bool is_secret(const struct nlattr *attr)
{
	const uint8_t *key = mnl_attr_get_payload(attr);
	uint16_t len = mnl_attr_get_payload_len(attr);
	uint16_t offset = sizeof(struct xfrm_algo);

	switch (mnl_attr_get_type(attr))
	{
		case XFRMA_ALG_AUTH_TRUNC:
		case XFRMA_ALG_AEAD:
			offset = sizeof(struct xfrm_algo_aead);
			break;
		case XFRMA_ALG_AUTH:
		case XFRMA_ALG_CRYPT:
			break;
		default:
			return FALSE;
	}
	if (len <= offset)
	{	/* ciphers that do nothing have no key */
		return FALSE;
	}
	while (offset < len)
	{
		if (key[offset++])
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Build the copy of an SA, a mobility_nlsocket_cb_t.
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
	/* the kernel sets it by net.ipv4.ip_no_pmtu_disc, but may refuse it: it is
	 * of no meaning to what comes in */
	sa->flags &= ~XFRM_STATE_NOPMTUDISC;
	copy->complete = mnl_attr_put_check(copy->nlh, copy->len, XFRMA_LTIME_VAL,
										sizeof(sa->curlft), &sa->curlft);
	mobility_netlink_for_each(attr, nlh, sizeof(*sa))
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
				copy->complete = copy->complete && !is_secret(attr) &&
						mnl_attr_put_check(copy->nlh, copy->len,
										   mnl_attr_get_type(attr),
										   mnl_attr_get_payload_len(attr),
										   mnl_attr_get_payload(attr));
				break;
		}
	}
}

/*
 * Described in header.
 */
void mobility_xfrm_del(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));

	xfrm->request(xfrm,
						mobility_xfrm_msg_sa(buf, XFRM_MSG_DELSA, id),
						NULL, NULL);
}

/**
 * Add the copy of an SA.  Returns 0, or errno of what failed.
 */
static int add_copy(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
					const copy_t *copy)
{
	mobility_sa_id_t new = *id;
	int error;

	error = xfrm->request(xfrm, copy->nlh, NULL, NULL);
	if (error && error != EEXIST)
	{	/* if only the answer is missing nobody would know of it */
		new.dst = copy->dst;
		mobility_xfrm_del(xfrm, &new);
	}
	return error;
}

/*
 * Described in header.
 */
bool mobility_xfrm_copy(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
						host_t *dst)
{
	char request[128] __attribute__((aligned(MNL_ALIGNTO)));
	char buf[SA_LEN] __attribute__((aligned(sizeof(uint64_t))));
	copy_t copy = {
		.dst = mobility_ip_from_host(dst),
		.buf = buf,
		.len = sizeof(buf),
	};
	int error;

	if (copy.dst.family != id->dst.family)
	{
		return FALSE;
	}
	error = xfrm->request(xfrm,
						mobility_xfrm_msg_sa(request, XFRM_MSG_GETSA, id),
						build_copy, &copy);
	if (!error)
	{
		error = copy.complete ? add_copy(xfrm, id, &copy) : EBADMSG;
	}
	if (error)
	{
		DBG2(DBG_KNL, "unable to copy SA with SPI %.8x: %s", ntohl(id->spi),
			 mobility_nlsocket_strerror(error));
	}
	memwipe(buf, sizeof(buf));
	return !error;
}

/*
 * Described in header.
 */
bool mobility_xfrm_has_keys(const struct nlattr *tb[])
{
	return tb[XFRMA_ALG_AEAD] || tb[XFRMA_ALG_CRYPT];
}

/**
 * Check if there are no keys in an SA, a mobility_nlsocket_cb_t.
 */
static void look_for_keys(void *data, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	bool *allocated = data;

	*allocated = nlh->nlmsg_type == XFRM_MSG_NEWSA &&
				 mobility_netlink_parse(nlh, sizeof(struct xfrm_usersa_info), tb,
										XFRMA_MAX) &&
				 !mobility_xfrm_has_keys(tb);
}

/*
 * Described in header.
 */
int mobility_xfrm_look(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
					   bool *allocated)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));

	*allocated = FALSE;
	return xfrm->request(xfrm, mobility_xfrm_msg_sa(buf, XFRM_MSG_GETSA, id),
						 look_for_keys, allocated);
}

/*
 * Described in header.
 */
bool mobility_xfrm_make_room(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id)
{
	bool allocated;

	if (mobility_xfrm_look(xfrm, id, &allocated) != 0 || !allocated)
	{
		return FALSE;
	}
	mobility_xfrm_del(xfrm, id);
	return TRUE;
}
