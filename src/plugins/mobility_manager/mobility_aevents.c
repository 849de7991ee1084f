/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <linux/filter.h>
#include <linux/xfrm.h>

#include "mobility_aevents.h"
#include "mobility_nlsocket.h"

#include <utils/debug.h>

/** SPIs in a filter, the kernel takes not many more by default */
#define FILTER_MAX 1000

/** times that is read before events get handled, even if there are more */
#define READS_MAX 256

typedef struct private_mobility_aevents_t private_mobility_aevents_t;

/**
 * Private data
 */
struct private_mobility_aevents_t {

	/**
	 * Public interface.
	 */
	mobility_aevents_t public;

	/**
	 * The socket.
	 */
	struct mnl_socket *socket;

	/**
	 * The socket is a member of the group.
	 */
	bool listening;

	/**
	 * SAs the filter is for, sorted.
	 */
	chunk_t spis;

	/**
	 * What is received.
	 */
	char *buf;
};

METHOD(mobility_aevents_t, get_fd, int,
	private_mobility_aevents_t *this)
{
	return mnl_socket_get_fd(this->socket);
}

/**
 * Have the kernel pass events of some SAs only, or of all if it does not want
 * to
 */
static void set_filter(private_mobility_aevents_t *this, const uint32_t *spis,
					   u_int count)
{
	struct sock_filter *code;
	struct sock_fprog filter = {};
	int fd = get_fd(this), unused = 0;
	u_int i;

	filter.len = count * 2 + 2;
	filter.filter = code = calloc(filter.len, sizeof(*code));
	/* the ID of the SA is the first thing in the header of these messages */
	*code++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						NLMSG_HDRLEN + offsetof(struct xfrm_usersa_id, spi));
	for (i = 0; i < count; i++)
	{
		*code++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
											   ntohl(spis[i]), 0, 1);
		*code++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	}
	*code++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);

	if (count > FILTER_MAX ||
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
				   sizeof(filter)) == -1)
	{
		setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
	}
	free(filter.filter);
}

/**
 * Compare SPIs
 */
static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(uint32_t));
}

/**
 * Note the SAs to have events of.  Returns FALSE if they are the same as before.
 */
static bool note_spis(private_mobility_aevents_t *this, const uint32_t *spis,
					  u_int count)
{
	chunk_t sorted;

	sorted = chunk_clone(chunk_create((u_char*)spis, count * sizeof(*spis)));
	qsort(sorted.ptr, count, sizeof(*spis), compare);
	if (chunk_equals(sorted, this->spis))
	{
		chunk_free(&sorted);
		return FALSE;
	}
	chunk_free(&this->spis);
	this->spis = sorted;
	return TRUE;
}

METHOD(mobility_aevents_t, listen_, int,
	private_mobility_aevents_t *this, const uint32_t *spis, u_int count)
{
	int group = XFRMNLGRP_AEVENTS;

	if (count && note_spis(this, spis, count))
	{	/* SAs that move stay the same, and a filter for many takes time */
		set_filter(this, spis, count);
	}
	if (this->listening != (count > 0))
	{
		if (mnl_socket_setsockopt(this->socket, count ? NETLINK_ADD_MEMBERSHIP
													  : NETLINK_DROP_MEMBERSHIP,
								  &group, sizeof(group)) == -1)
		{
			return errno;
		}
		this->listening = count > 0;
	}
	return 0;
}

METHOD(mobility_aevents_t, receive, bool,
	private_mobility_aevents_t *this, mobility_aevents_cb_t cb, void *data)
{
	const struct nlmsghdr *nlh;
	mobility_sa_t sa;
	bool complete = TRUE;
	int len, reads = 0;

	while (reads++ < READS_MAX)
	{
		len = mobility_nlsocket_receive(get_fd(this), this->buf,
										MOBILITY_NLSOCKET_BUF);
		if (len >= 0)
		{
			for (nlh = (void*)this->buf; mnl_nlmsg_ok(nlh, len);
				 nlh = mnl_nlmsg_next(nlh, &len))
			{
				if (mobility_xfrm_parse(nlh, &sa))
				{
					cb(data, &sa);
				}
			}
		}
		else if (errno == ENOBUFS || errno == EMSGSIZE)
		{
			complete = FALSE;
		}
		else
		{
			break;
		}
	}
	return complete;
}

METHOD(mobility_aevents_t, destroy, void,
	private_mobility_aevents_t *this)
{
	mnl_socket_close(this->socket);
	chunk_free(&this->spis);
	free(this->buf);
	free(this);
}

/*
 * Described in header.
 */
mobility_aevents_t *mobility_aevents_create()
{
	private_mobility_aevents_t *this;
	struct mnl_socket *socket;

	socket = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == -1)
	{
		DBG1(DBG_KNL, "opening XFRM socket for events failed: %s",
			 strerror(errno));
		if (socket)
		{
			mnl_socket_close(socket);
		}
		return NULL;
	}
	INIT(this,
		.public = {
			.get_fd = _get_fd,
			.listen = _listen_,
			.receive = _receive,
			.destroy = _destroy,
		},
		.socket = socket,
		.buf = malloc(MOBILITY_NLSOCKET_BUF),
	);
	return &this->public;
}
