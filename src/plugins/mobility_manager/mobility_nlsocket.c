/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "mobility_netlink.h"
#include "mobility_nlsocket.h"

/** seconds the kernel has to answer, which it usually does at once */
#define TIMEOUT 5

/** longest text of an error */
#define TEXT_MAX 128

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

typedef struct private_mobility_nlsocket_t private_mobility_nlsocket_t;

/**
 * Private data
 */
struct private_mobility_nlsocket_t {

	/**
	 * Public interface.
	 */
	mobility_nlsocket_t public;

	/**
	 * The socket.
	 */
	struct mnl_socket *socket;

	/**
	 * Sequence number of the last request.
	 */
	uint32_t seq;

	/**
	 * What the kernel said about the last error.
	 */
	char text[TEXT_MAX];

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
	mobility_nlsocket_cb_t cb;
	/** user data for cb */
	void *data;
	/** everything was received */
	bool done;
	/** objects changed while they were sent */
	bool interrupted;
	/** errno the kernel sent, 0 if it is happy */
	int error;
	/** gets what it says about that */
	char *text;
} answer_t;

/*
 * Described in header.
 */
ssize_t mobility_nlsocket_receive(int fd, void *buf, size_t len)
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
 * Read an acknowledgement, and the text that may follow an error
 */
static void parse_error(answer_t *answer, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	const struct nlmsgerr *err;
	size_t len = sizeof(*err);

	answer->done = TRUE;
	if (nlh->nlmsg_len < mnl_nlmsg_size(len))
	{
		answer->error = EBADMSG;
		return;
	}
	err = mnl_nlmsg_get_payload(nlh);
	answer->error = -err->error;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
	{
		return;
	}
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) &&
		err->msg.nlmsg_len >= sizeof(err->msg) &&
		err->msg.nlmsg_len <= nlh->nlmsg_len)
	{	/* our own request comes first */
		len += err->msg.nlmsg_len - sizeof(err->msg);
	}
	if (mobility_netlink_parse(nlh, len, tb, NLMSGERR_ATTR_MAX))
	{
		mobility_netlink_get_str(tb[NLMSGERR_ATTR_MSG], answer->text,
								 TEXT_MAX);
	}
}

/**
 * Read the end of a dump, which may have been given up halfway
 */
static void parse_done(answer_t *answer, const struct nlmsghdr *nlh)
{
	int error;

	answer->done = TRUE;
	if (nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(error)))
	{
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
		answer->error = max(0, -error);
	}
}

/**
 * Read the messages of an answer that came together
 */
static void parse_answer(answer_t *answer, const void *buf, int len)
{
	const struct nlmsghdr *nlh;

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
				parse_error(answer, nlh);
				break;
			case NLMSG_DONE:
				parse_done(answer, nlh);
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

METHOD(mobility_nlsocket_t, exchange, int,
	private_mobility_nlsocket_t *this, struct nlmsghdr *nlh,
	mobility_nlsocket_cb_t cb, void *data)
{
	answer_t answer = {
		.seq = ++this->seq,
		.cb = cb,
		.data = data,
		.text = this->text,
	};
	ssize_t len;

	this->text[0] = '\0';
	nlh->nlmsg_seq = answer.seq;
	if (mnl_socket_sendto(this->socket, nlh, nlh->nlmsg_len) == -1)
	{
		return errno;
	}
	while (!answer.done)
	{
		len = mobility_nlsocket_receive(mnl_socket_get_fd(this->socket),
										this->buf, MOBILITY_NLSOCKET_BUF);
		if (len == -1)
		{
			return errno;
		}
		parse_answer(&answer, this->buf, len);
		/* an SA comes with its keys */
		memwipe(this->buf, len);
	}
	return answer.interrupted && !answer.error ? EINTR : answer.error;
}

METHOD(mobility_nlsocket_t, get_text, const char*,
	private_mobility_nlsocket_t *this)
{
	return this->text;
}

METHOD(mobility_nlsocket_t, destroy, void,
	private_mobility_nlsocket_t *this)
{
	mnl_socket_close(this->socket);
	free(this->buf);
	free(this);
}

/*
 * Described in header.
 */
mobility_nlsocket_t *mobility_nlsocket_create(int protocol)
{
	private_mobility_nlsocket_t *this;
	struct mnl_socket *socket;
	struct timeval timeout = {
		.tv_sec = TIMEOUT,
	};
	int on = 1, error;

	socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == -1)
	{
		error = errno;
		if (socket)
		{
			mnl_socket_close(socket);
		}
		errno = error;
		return NULL;
	}
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
			   sizeof(timeout));
	/* have the kernel filter dumps, and say what is wrong with a request, if
	 * it is new enough */
	mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));

	INIT(this,
		.public = {
			.exchange = _exchange,
			.get_text = _get_text,
			.destroy = _destroy,
		},
		.socket = socket,
		.buf = malloc(MOBILITY_NLSOCKET_BUF),
	);
	return &this->public;
}
