/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "net/netlink.h"
#include "net/nlsocket.h"

#include <threading/mutex.h>

/** seconds the kernel has to answer, which it usually does at once */
#define TIMEOUT 5

/** largest errno of the kernel */
#define ERRNO_MAX 4095

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
	 * Lock for all of it.
	 */
	mutex_t *mutex;

	/**
	 * Sequence number of the last request.
	 */
	uint32_t seq;

	/**
	 * What is received.
	 */
	char *buf;
};

/** what the kernel said about the error of this thread's last request */
static __thread char text[MOBILITY_NLSOCKET_TEXT];

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
 * Get the errno of what the kernel says
 */
static int get_errno(int error)
{
	return error <= 0 && error >= -ERRNO_MAX ? -error : EBADMSG;
}

/**
 * Read an acknowledgement, and the text that may follow an error
 */
static void parse_error(mobility_nlsocket_answer_t *answer,
						const struct nlmsghdr *nlh)
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
	answer->error = get_errno(err->error);
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
								 sizeof(answer->text));
	}
}

/**
 * Read the end of a dump, which may have been given up halfway
 */
static void parse_done(mobility_nlsocket_answer_t *answer,
					   const struct nlmsghdr *nlh)
{
	int error;

	answer->done = TRUE;
	if (nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(error)))
	{
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
		answer->error = get_errno(min(error, 0));
	}
}

/*
 * Described in header.
 */
void mobility_nlsocket_parse(mobility_nlsocket_answer_t *answer,
							 const void *buf, size_t len)
{
	const struct nlmsghdr *nlh;
	int left = len;

	for (nlh = buf; mobility_netlink_ok(nlh, left);
		 nlh = mnl_nlmsg_next(nlh, &left))
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

/**
 * Send a request and receive its answer, 0 or errno of what failed
 */
static int send_receive(private_mobility_nlsocket_t *this,
						struct nlmsghdr *nlh,
						mobility_nlsocket_answer_t *answer)
{
	ssize_t len;

	answer->seq = nlh->nlmsg_seq = ++this->seq;
	if (mnl_socket_sendto(this->socket, nlh, nlh->nlmsg_len) == -1)
	{
		return errno;
	}
	while (!answer->done)
	{
		len = mobility_nlsocket_receive(mnl_socket_get_fd(this->socket),
										this->buf, MOBILITY_NLSOCKET_BUF);
		if (len == -1)
		{
			return errno;
		}
		mobility_nlsocket_parse(answer, this->buf, len);
		/* an SA comes with its keys */
		memwipe(this->buf, len);
	}
	return answer->interrupted && !answer->error ? EINTR : answer->error;
}

METHOD(mobility_nlsocket_t, exchange, int,
	private_mobility_nlsocket_t *this, struct nlmsghdr *nlh,
	mobility_nlsocket_cb_t cb, void *data)
{
	mobility_nlsocket_answer_t answer = {
		.cb = cb,
		.data = data,
	};
	int error;

	this->mutex->lock(this->mutex);
	error = send_receive(this, nlh, &answer);
	this->mutex->unlock(this->mutex);
	memcpy(text, answer.text, sizeof(text));
	return error;
}

/*
 * Described in header.
 */
const char *mobility_nlsocket_strerror(int error)
{
	return error && text[0] ? text : strerror(error);
}

METHOD(mobility_nlsocket_t, destroy, void,
	private_mobility_nlsocket_t *this)
{
	mnl_socket_close(this->socket);
	this->mutex->destroy(this->mutex);
	free(this->buf);
	free(this);
}

/*
 * Described in header.
 */
struct mnl_socket *mobility_nlsocket_open(int protocol, int flags)
{
	struct mnl_socket *socket;
	int error;

	socket = mnl_socket_open2(protocol, SOCK_CLOEXEC | flags);
	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == -1)
	{
		error = errno;
		mnl_socket_close(socket);
		errno = error;
		return NULL;
	}
	return socket;
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
	int on = 1;

	socket = mobility_nlsocket_open(protocol, 0);
	if (!socket)
	{
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
			.destroy = _destroy,
		},
		.socket = socket,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.buf = malloc(MOBILITY_NLSOCKET_BUF),
	);
	return &this->public;
}
