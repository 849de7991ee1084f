/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <sys/socket.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "mobility_rtnl.h"

#include <utils/debug.h>

/** number of times that objects are asked for while they keep changing */
#define DUMP_TRIES 5

/** seconds the kernel has to answer, which it usually does at once */
#define TIMEOUT 5

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

typedef struct private_mobility_rtnl_t private_mobility_rtnl_t;

/**
 * Private data
 */
struct private_mobility_rtnl_t {

	/**
	 * Public interface.
	 */
	mobility_rtnl_t public;

	/**
	 * The socket.
	 */
	struct mnl_socket *socket;

	/**
	 * Sequence number of the last request.
	 */
	uint32_t seq;

	/**
	 * What is received.
	 */
	char *buf;
};

/**
 * State of an answer
 */
typedef struct {
	/** sequence number it has */
	uint32_t seq;
	/** called for each message, may be NULL */
	mobility_rtnl_cb_t cb;
	/** user data for cb */
	void *data;
	/** everything was received */
	bool done;
	/** objects changed while they were sent */
	bool interrupted;
	/** errno the kernel sent, 0 if it is happy */
	int error;
} answer_t;

/*
 * Described in header.
 */
ssize_t mobility_rtnl_receive(int fd, void *buf, size_t len)
{
	struct sockaddr_nl addr = {};
	struct iovec iov = {
		.iov_base = buf,
		.iov_len = len,
	};
	struct msghdr msg = {
		.msg_name = &addr,
		.msg_namelen = sizeof(addr),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t received;

	do
	{
		received = recvmsg(fd, &msg, 0);
	}
	while ((received == -1 && errno == EINTR) ||
		   (received >= 0 && addr.nl_pid != 0));

	if (received >= 0 && (msg.msg_flags & MSG_TRUNC))
	{
		errno = EMSGSIZE;
		return -1;
	}
	return received;
}

/**
 * Read the messages of an answer that came together
 */
static void parse_answer(answer_t *answer, const void *buf, int len)
{
	const struct nlmsghdr *nlh;
	const struct nlmsgerr *err;

	for (nlh = buf; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
	{
		if (nlh->nlmsg_seq != answer->seq)
		{	/* belongs to a request that was given up */
			continue;
		}
		answer->interrupted |= (nlh->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		switch (nlh->nlmsg_type)
		{
			case NLMSG_ERROR:
				if (nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(*err)))
				{
					err = mnl_nlmsg_get_payload(nlh);
					answer->error = -err->error;
				}
				answer->done = TRUE;
				break;
			case NLMSG_DONE:
				answer->done = TRUE;
				break;
			default:
				if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && answer->cb)
				{
					answer->cb(answer->data, nlh);
				}
				break;
		}
	}
}

/**
 * Send a request and receive the answer
 */
static int exchange(private_mobility_rtnl_t *this, struct nlmsghdr *nlh,
					answer_t *answer)
{
	ssize_t len;

	answer->seq = nlh->nlmsg_seq = ++this->seq;
	if (mnl_socket_sendto(this->socket, nlh, nlh->nlmsg_len) == -1)
	{
		return errno;
	}
	while (!answer->done)
	{
		len = mobility_rtnl_receive(mnl_socket_get_fd(this->socket), this->buf,
									MOBILITY_RTNL_BUF);
		if (len == -1)
		{
			return errno;
		}
		parse_answer(answer, this->buf, len);
	}
	return answer->error;
}

/**
 * Put the header the kernel expects for a dump into a request
 */
static void put_dump_header(struct nlmsghdr *nlh, int family, uint8_t protocol)
{
	struct ifinfomsg *link;
	struct ifaddrmsg *addr;
	struct rtmsg *route;
	struct fib_rule_hdr *rule;

	switch (nlh->nlmsg_type)
	{
		case RTM_GETLINK:
			link = mnl_nlmsg_put_extra_header(nlh, sizeof(*link));
			link->ifi_family = family;
			mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
			break;
		case RTM_GETADDR:
			addr = mnl_nlmsg_put_extra_header(nlh, sizeof(*addr));
			addr->ifa_family = family;
			break;
		case RTM_GETROUTE:
			route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
			route->rtm_family = family;
			route->rtm_protocol = protocol;
			break;
		case RTM_GETRULE:
			rule = mnl_nlmsg_put_extra_header(nlh, sizeof(*rule));
			rule->family = family;
			break;
	}
}

METHOD(mobility_rtnl_t, dump, int,
	private_mobility_rtnl_t *this, uint16_t type, int family, uint8_t protocol,
	mobility_rtnl_cb_t cb, void *data)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	int try, error = 0;

	for (try = 0; try < DUMP_TRIES; try++)
	{
		answer_t answer = {
			.cb = cb,
			.data = data,
		};

		nlh = mnl_nlmsg_put_header(buf);
		nlh->nlmsg_type = type;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		put_dump_header(nlh, family, protocol);
		error = exchange(this, nlh, &answer);
		if (!error && !answer.interrupted)
		{
			return 0;
		}
		if (error && error != EINTR && error != EAGAIN)
		{
			return error;
		}
	}
	/* with what still changes we hear of the changes */
	return error;
}

METHOD(mobility_rtnl_t, get, int,
	private_mobility_rtnl_t *this, struct nlmsghdr *nlh, mobility_rtnl_cb_t cb,
	void *data)
{
	answer_t answer = {
		.cb = cb,
		.data = data,
	};

	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return exchange(this, nlh, &answer);
}

METHOD(mobility_rtnl_t, request, int,
	private_mobility_rtnl_t *this, struct nlmsghdr *nlh)
{
	return get(this, nlh, NULL, NULL);
}

METHOD(mobility_rtnl_t, destroy, void,
	private_mobility_rtnl_t *this)
{
	mnl_socket_close(this->socket);
	free(this->buf);
	free(this);
}

/*
 * Described in header.
 */
mobility_rtnl_t *mobility_rtnl_create()
{
	private_mobility_rtnl_t *this;
	struct mnl_socket *socket;
	struct timeval timeout = {
		.tv_sec = TIMEOUT,
	};
	int on = 1;

	socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == -1)
	{
		DBG1(DBG_NET, "opening rtnetlink socket failed: %s", strerror(errno));
		if (socket)
		{
			mnl_socket_close(socket);
		}
		return NULL;
	}
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
			   sizeof(timeout));
	/* have the kernel filter, if it is new enough */
	mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));

	INIT(this,
		.public = {
			.dump = _dump,
			.get = _get,
			.request = _request,
			.destroy = _destroy,
		},
		.socket = socket,
		.buf = malloc(MOBILITY_RTNL_BUF),
	);
	return &this->public;
}
