/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What the kernel says about SAs and policies that are copied and moved. The
 * input has what is to be done and, for each request that this leads to, an
 * error and messages with any content. Each of them is in memory of its own
 * that ends where it ends, and all requests have to be well-formed.
 */

#include "fuzz.h"

#include <errno.h>

#include <library.h>
#include <utils/debug.h>

#include "esp/xfrm_msg.h"

/** Requests are in buffers of this size, at most */
#define REQUEST_MAX 4096

/**
 * What is left of the input
 */
static chunk_t input;

/**
 * Addresses and traffic selectors
 */
static host_t *hosts[4];
static traffic_selector_t *selectors[4];

/**
 * What is done
 */
static mobility_xfrm_move_t move;
static mobility_ip_t copied_to;

/**
 * Take bytes of the input, 0 where there are none left
 */
static void take(void *buf, size_t len)
{
	chunk_t bytes = fuzz_bytes(&input, len);

	memset(buf, 0, len);
	if (bytes.len)
	{
		memcpy(buf, bytes.ptr, bytes.len);
	}
}

/**
 * Take an error, there is none most of the time
 */
static int take_error()
{
	static const int errors[] = { 0, 0, ESRCH, ENOBUFS };

	return errors[fuzz_byte(&input) % countof(errors)];
}

/**
 * Answer a request with a message
 */
static void answer(uint16_t type, mobility_nlsocket_cb_t cb, void *data)
{
	struct nlmsghdr *nlh;
	uint16_t len;

	take(&len, sizeof(len));
	len = NLMSG_HDRLEN + min(len, input.len);
	nlh = calloc(1, len);
	take(nlh + 1, len - NLMSG_HDRLEN);
	nlh->nlmsg_len = len;
	nlh->nlmsg_type = type;
	cb(data, nlh);
	free(nlh);
}

/**
 * Check a key in a request to add an SA: nobody may get in with one of zeros
 */
static void check_key(const struct nlattr *attr, size_t header)
{
	const uint8_t *key = mnl_attr_get_payload(attr);
	size_t i = header, len = mnl_attr_get_payload_len(attr);

	while (i < len && !key[i])
	{
		i++;
	}
	check(len <= header || i < len);
}

/**
 * Check the templates in a request to write a policy: they expect packets from
 * the peer or from any address
 */
static void check_templates(const struct nlattr *attr)
{
	static const xfrm_address_t any;
	const struct xfrm_user_tmpl *tmpl = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);
	mobility_ip_t src = mobility_ip_from_host(move.src);

	for (; len >= sizeof(*tmpl); len -= sizeof(*tmpl), tmpl++)
	{
		check(memeq(&tmpl->saddr, &any, sizeof(any)) ||
			  memeq(&tmpl->saddr, src.bytes, sizeof(src.bytes)));
	}
}

/**
 * Check an attribute of a request to add an SA
 */
static void check_sa(const struct nlattr *attr)
{
	switch (mnl_attr_get_type(attr))
	{
		case XFRMA_ALG_AUTH:
		case XFRMA_ALG_CRYPT:
			check_key(attr, sizeof(struct xfrm_algo));
			break;
		case XFRMA_ALG_AUTH_TRUNC:
		case XFRMA_ALG_AEAD:
			check_key(attr, sizeof(struct xfrm_algo_aead));
			break;
	}
}

/**
 * Check an attribute of a request to write a policy
 */
static void check_policy(const struct nlattr *attr)
{
	if (mnl_attr_get_type(attr) == XFRMA_TMPL)
	{
		check_templates(attr);
	}
}

/**
 * Check the attributes of a request
 */
static void check_attributes(const struct nlmsghdr *nlh, size_t header,
							 void (*check_attribute)(const struct nlattr *attr))
{
	const struct nlattr *attr;
	size_t len = MNL_NLMSG_HDRLEN + MNL_ALIGN(header);

	mnl_attr_for_each(attr, nlh, header)
	{
		len += MNL_ALIGN(attr->nla_len);
		check(mnl_attr_get_type(attr) != XFRMA_OFFLOAD_DEV);
		check_attribute(attr);
	}
	/* there is nothing else */
	check(len == nlh->nlmsg_len);
}

/**
 * Check a request that is made of what the kernel said
 */
static void check_request(const struct nlmsghdr *nlh)
{
	const struct xfrm_usersa_info *sa = mnl_nlmsg_get_payload(nlh);

	check(nlh->nlmsg_len <= REQUEST_MAX);
	switch (nlh->nlmsg_type)
	{
		case XFRM_MSG_NEWSA:
			check(memeq(&sa->id.daddr, copied_to.bytes,
						sizeof(copied_to.bytes)));
			check_attributes(nlh, sizeof(*sa), check_sa);
			break;
		case XFRM_MSG_UPDPOLICY:
			check_attributes(nlh, sizeof(struct xfrm_userpolicy_info),
							 check_policy);
			break;
	}
}

METHOD(mobility_xfrm_t, request, int,
	mobility_xfrm_t *this, struct nlmsghdr *nlh, mobility_nlsocket_cb_t cb,
	void *data)
{
	uint8_t messages = fuzz_byte(&input) % 4;
	uint16_t type;

	check_request(nlh);
	while (cb && messages--)
	{
		type = nlh->nlmsg_type == XFRM_MSG_GETSA ? XFRM_MSG_NEWSA :
			   nlh->nlmsg_type == XFRM_MSG_GETPOLICY ? XFRM_MSG_NEWPOLICY : 0;
		if (fuzz_byte(&input) == 0xff)
		{
			take(&type, sizeof(type));
		}
		answer(type, cb, data);
	}
	return take_error();
}

METHOD(mobility_xfrm_t, get_sa, int,
	mobility_xfrm_t *this, const mobility_sa_id_t *id, mobility_sa_t *sa)
{
	int error = take_error();

	if (!error)
	{
		*sa = (mobility_sa_t){
			.packets = fuzz_byte(&input),
		};
	}
	return error;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	hosts[0] = host_create_from_string("10.0.0.1", 4500);
	hosts[1] = host_create_from_string("10.0.0.2", 1024);
	hosts[2] = host_create_from_string("2001:db8::1", 4500);
	hosts[3] = host_create_from_string("2001:db8::2", 4500);
	selectors[0] = traffic_selector_create_from_cidr("10.1.0.0/16", 0, 0,
													 65535);
	selectors[1] = traffic_selector_create_from_cidr("10.2.0.1/32", 17, 53, 53);
	selectors[2] = traffic_selector_create_from_cidr("2001:db8:1::/48", 0, 0,
													 65535);
	selectors[3] = traffic_selector_create_from_cidr("2001:db8:2::/48", 58, 1,
													 256);
	return 0;
}

/**
 * Choose what to move
 */
static void choose_move()
{
	uint8_t old = fuzz_byte(&input), new = fuzz_byte(&input);
	uint8_t what = fuzz_byte(&input);
	int v6 = what & 2;

	move = (mobility_xfrm_move_t){
		.dir = what & 4 ? POLICY_OUT : what & 8 ? POLICY_FWD : POLICY_IN,
		.src_ts = selectors[v6 | (what & 1)],
		.dst_ts = selectors[v6 | !(what & 1)],
		.interface = what & 16 ? "lo" : NULL,
		.reqid = 1,
		.if_id = what & 32,
		.spi = htonl(0x1234),
		.src = hosts[(old & 2) | (old & 1)],
		.dst = hosts[(old & 2) | !(old & 1)],
		.new_src = hosts[(new & 2) | (new & 1)],
		.new_dst = hosts[(new & 2) | !(new & 1)],
		.encap = (what & 64) != 0,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_xfrm_t xfrm = {
		.request = _request,
		.get_sa = _get_sa,
	};
	mobility_sa_id_t id;
	mobility_xfrm_migrate_t *sad;

	input = chunk_create((u_char*)data, len);
	choose_move();
	sad = mobility_xfrm_migrate_create(&xfrm);
	while (input.len)
	{
		id = mobility_sa_id_create(move.dst, IPPROTO_ESP, move.spi, (mark_t){});
		switch (fuzz_byte(&input) % 7)
		{
			case 0:
				sad->migrate(sad, &move);
				break;
			case 1:
				sad->relax(sad, &move);
				break;
			case 2:
				sad->migrate_relaxed(sad, &move);
				break;
			case 3:
				sad->has_moved(sad, &move);
				break;
			case 4:
				copied_to = mobility_ip_from_host(move.new_dst);
				sad->copy(sad, &id, move.new_dst);
				break;
			case 5:
				sad->del(sad, &id);
				break;
			default:
				choose_move();
				break;
		}
	}
	sad->destroy(sad);
	return 0;
}
