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

#include "esp/xfrm_events.h"
#include "net/nlsocket.h"

#include <utils/debug.h>

/** SPIs in a filter, the kernel takes not many more by default */
#define FILTER_MAX 1000

/** SPIs that a filter compares one after the other */
#define FILTER_LEAF 8

/** times that is read before events get handled, even if there are more */
#define READS_MAX 256

typedef struct private_mobility_xfrm_events_t private_mobility_xfrm_events_t;

/**
 * Private data
 */
struct private_mobility_xfrm_events_t {

	/**
	 * Public interface.
	 */
	mobility_xfrm_events_t public;

	/**
	 * The socket.
	 */
	struct mnl_socket *socket;

	/**
	 * The socket is a member of the group.
	 */
	bool listening;

	/**
	 * What is received.
	 */
	char *buf;
};

METHOD(mobility_xfrm_events_t, get_fd, int,
	private_mobility_xfrm_events_t *this)
{
	return mnl_socket_get_fd(this->socket);
}

/**
 * Compare SPIs
 */
static int compare(const void *a, const void *b)
{
	uint32_t x = ntohl(*(const uint32_t*)a), y = ntohl(*(const uint32_t*)b);

	return x < y ? -1 : x > y;
}

/**
 * Compare the SPI of a message with a few.  Returns where the code ends.
 */
static struct sock_filter *put_leaf(struct sock_filter *code,
									const uint32_t *spis, u_int count)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		*code++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
											   ntohl(spis[i]), count - i, 0);
	}
	*code++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	*code++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	return code;
}

/**
 * Search for the SPI of a message in a sorted array.  Returns where the code
 * ends, it has two instructions or less for each SPI, and two more.
 */
static struct sock_filter *put_search(struct sock_filter *code,
									  const uint32_t *spis, u_int count)
{
	struct sock_filter *jump;
	u_int half = count / 2;

	if (count <= FILTER_LEAF)
	{
		return put_leaf(code, spis, count);
	}
	/* what is compared can't be jumped over with the 8 bits it has for that */
	*code++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
										   ntohl(spis[half]), 0, 1);
	jump = code++;
	code = put_search(code, spis, half);
	*jump = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, code - jump - 1);
	return put_search(code, spis + half, count - half);
}

/*
 * Described in header.
 */
bool mobility_xfrm_events_attach(int fd, uint32_t *spis, u_int count)
{
	struct sock_filter code[4 + 2 * FILTER_MAX + 2] = {
		/* what is loaded is taken to be in network order */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 NLMSG_HDRLEN + offsetof(struct xfrm_aevent_id, flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htonl(XFRM_AE_CU), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 NLMSG_HDRLEN + offsetof(struct xfrm_aevent_id, sa_id.spi)),
	};
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	struct sock_fprog filter = {
		.filter = code,
	};

	if (count && count <= FILTER_MAX)
	{
		qsort(spis, count, sizeof(*spis), compare);
		filter.len = put_search(code + 4, spis, count) - code;
		if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
					   sizeof(filter)) == 0)
		{
			return TRUE;
		}
	}
	code[3] = all;
	filter.len = 4;
	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
	return FALSE;
}

METHOD(mobility_xfrm_events_t, filter, void,
	private_mobility_xfrm_events_t *this, uint32_t *spis, u_int count)
{
	mobility_xfrm_events_attach(get_fd(this), spis, count);
}

METHOD(mobility_xfrm_events_t, listen_, int,
	private_mobility_xfrm_events_t *this, bool listen)
{
	int group = XFRMNLGRP_AEVENTS;

	if (this->listening != listen)
	{
		if (mnl_socket_setsockopt(this->socket, listen ? NETLINK_ADD_MEMBERSHIP
													   : NETLINK_DROP_MEMBERSHIP,
								  &group, sizeof(group)) == -1)
		{
			return errno;
		}
		this->listening = listen;
	}
	return 0;
}

METHOD(mobility_xfrm_events_t, receive, bool,
	private_mobility_xfrm_events_t *this, mobility_xfrm_events_cb_t cb,
	void *data)
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
			for (nlh = (void*)this->buf; mobility_netlink_ok(nlh, len);
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

METHOD(mobility_xfrm_events_t, destroy, void,
	private_mobility_xfrm_events_t *this)
{
	mnl_socket_close(this->socket);
	free(this->buf);
	free(this);
}

/*
 * Described in header.
 */
mobility_xfrm_events_t *mobility_xfrm_events_create()
{
	private_mobility_xfrm_events_t *this;
	struct mnl_socket *socket;

	socket = mobility_nlsocket_open(NETLINK_XFRM, SOCK_NONBLOCK);
	if (!socket)
	{
		DBG1(DBG_KNL, "mobility: opening XFRM socket for events failed: %s",
			 strerror(errno));
		return NULL;
	}
	INIT(this,
		.public = {
			.get_fd = _get_fd,
			.listen = _listen_,
			.filter = _filter,
			.receive = _receive,
			.destroy = _destroy,
		},
		.socket = socket,
		.buf = malloc(MOBILITY_NLSOCKET_BUF),
	);
	return &this->public;
}
