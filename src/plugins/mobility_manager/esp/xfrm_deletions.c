/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/filter.h>
#include <linux/xfrm.h>

#include "esp/xfrm_deletions.h"
#include "net/nlsocket.h"

#include <libmnl/libmnl.h>
#include <utils/debug.h>

/** times that is read before anybody is told, even if there are more */
#define READS_MAX 256

typedef struct private_mobility_xfrm_deletions_t
										private_mobility_xfrm_deletions_t;

/**
 * Private data of a mobility_xfrm_deletions_t object.
 */
struct private_mobility_xfrm_deletions_t {

	/**
	 * Public interface.
	 */
	mobility_xfrm_deletions_t public;

	/**
	 * The socket.
	 */
	struct mnl_socket *socket;

	/**
	 * The socket is a member of the groups.
	 */
	bool listening;

	/**
	 * How often something was deleted.
	 */
	refcount_t count;

	/**
	 * Called when something was.
	 */
	mobility_xfrm_deletions_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;
};

/*
 * Described in header.
 */
bool mobility_xfrm_deletions_attach(int fd)
{
	/* what is loaded is taken to be in network order */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
				 offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_DELSA), 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_DELPOLICY), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_FLUSHSA), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_FLUSHPOLICY), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		/* the kernel repeats what the request said, and charon says who it is */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(getpid()), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog filter = {
		.len = countof(code),
		.filter = code,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
					  sizeof(filter)) == 0;
}

/**
 * There are messages, a watcher_cb_t.  Which of them does not matter, nor if
 * some were lost.
 */
static bool receive(void *data, int fd, watcher_event_t event)
{
	private_mobility_xfrm_deletions_t *this = data;
	char buf[256];
	int reads = 0;

	while (reads++ < READS_MAX &&
		   (mobility_nlsocket_receive(fd, buf, sizeof(buf)) >= 0 ||
			errno == EMSGSIZE || errno == ENOBUFS))
	{
		/* until there are no more, or the watcher calls again */
	}
	ref_get(&this->count);
	this->cb(this->data);
	return TRUE;
}

METHOD(mobility_xfrm_deletions_t, listen_, void,
	private_mobility_xfrm_deletions_t *this, bool listen)
{
	static const int groups[] = { XFRMNLGRP_SA, XFRMNLGRP_POLICY };
	int i, fd = mnl_socket_get_fd(this->socket);

	if (this->listening == listen)
	{
		return;
	}
	this->listening = listen;
	if (!listen)
	{
		lib->watcher->remove(lib->watcher, fd);
	}
	for (i = 0; i < countof(groups); i++)
	{
		if (mnl_socket_setsockopt(this->socket, listen ?
								  NETLINK_ADD_MEMBERSHIP :
								  NETLINK_DROP_MEMBERSHIP, (void*)&groups[i],
								  sizeof(groups[i])) == -1)
		{
			DBG1(DBG_KNL, "mobility: nobody tells when SAs and policies are "
				 "deleted: %s", strerror(errno));
		}
	}
	if (listen)
	{
		lib->watcher->add(lib->watcher, fd, WATCHER_READ, receive, this);
	}
}

METHOD(mobility_xfrm_deletions_t, get_count, u_int,
	private_mobility_xfrm_deletions_t *this)
{
	return ref_cur(&this->count);
}

METHOD(mobility_xfrm_deletions_t, destroy, void,
	private_mobility_xfrm_deletions_t *this)
{
	listen_(this, FALSE);
	mnl_socket_close(this->socket);
	free(this);
}

/*
 * Described in header.
 */
mobility_xfrm_deletions_t *mobility_xfrm_deletions_create(
										mobility_xfrm_deletions_cb_t cb,
										void *data)
{
	private_mobility_xfrm_deletions_t *this;
	struct mnl_socket *socket;

	socket = mobility_nlsocket_open(NETLINK_XFRM, SOCK_NONBLOCK);
	if (!socket ||
		!mobility_xfrm_deletions_attach(mnl_socket_get_fd(socket)))
	{
		DBG1(DBG_KNL, "mobility: opening XFRM socket for deletions failed: %s",
			 strerror(errno));
		if (socket)
		{
			mnl_socket_close(socket);
		}
		return NULL;
	}
	INIT(this,
		.public = {
			.listen = _listen_,
			.get_count = _get_count,
			.destroy = _destroy,
		},
		.socket = socket,
		.cb = cb,
		.data = data,
	);
	return &this->public;
}
