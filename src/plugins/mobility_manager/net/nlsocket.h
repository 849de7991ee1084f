/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_nlsocket mobility_nlsocket
 * @{ @ingroup mobility_manager
 *
 * Requests to the kernel over netlink and their answers, one after the other.
 * One socket for each protocol serves all who have something to ask.
 */

#ifndef MOBILITY_NLSOCKET_H_
#define MOBILITY_NLSOCKET_H_

#include <libmnl/libmnl.h>

#include <library.h>

typedef struct mobility_nlsocket_t mobility_nlsocket_t;
typedef struct mobility_nlsocket_answer_t mobility_nlsocket_answer_t;

/** Size of a buffer that takes all that the kernel sends at once */
#define MOBILITY_NLSOCKET_BUF (32 * 1024)

/** Length of the longest text of an error, and the 0 that ends it */
#define MOBILITY_NLSOCKET_TEXT 128

/**
 * Gets the messages that were received, they are complete.
 *
 * @param data			user data
 * @param nlh			message
 */
typedef void (*mobility_nlsocket_cb_t)(void *data, const struct nlmsghdr *nlh);

/**
 * Socket for requests.  Methods may be called from any thread, one request is
 * under way at a time.
 *
 * The lock for that is held until the kernel has answered, which may take
 * seconds in which it is busy.  So nobody may send a request with a lock held
 * that listeners of charon's bus take.
 */
struct mobility_nlsocket_t {

	/**
	 * Send a request and wait until the kernel has answered it.
	 *
	 * @param nlh		request, with NLM_F_ACK or NLM_F_DUMP
	 * @param cb		called for each message of the answer, must not send any
	 *					request over this socket; may be NULL
	 * @param data		user data for cb
	 * @return			0, or errno of what failed; EINTR if objects changed
	 *					while they were dumped
	 */
	int (*exchange)(mobility_nlsocket_t *this, struct nlmsghdr *nlh,
					mobility_nlsocket_cb_t cb, void *data);

	/**
	 * Destroy a mobility_nlsocket_t.
	 */
	void (*destroy)(mobility_nlsocket_t *this);
};

/**
 * Answer to a request, as far as it was received.
 */
struct mobility_nlsocket_answer_t {
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
	/** errno the kernel sent, 0 if it is happy, EBADMSG if it can't be read */
	int error;
	/** what it says about that, empty if nothing */
	char text[MOBILITY_NLSOCKET_TEXT];
};

/**
 * Read the messages of an answer that came together.
 *
 * @param answer		answer, gets what they say
 * @param buf			messages, aligned
 * @param len			length of all of them
 */
void mobility_nlsocket_parse(mobility_nlsocket_answer_t *answer,
							 const void *buf, size_t len);

/**
 * Open and bind a netlink socket.
 *
 * @param protocol		NETLINK_ROUTE or NETLINK_XFRM
 * @param flags			flags of its type, e.g. SOCK_NONBLOCK; it is closed on exec
 *						in any case
 * @return				socket, NULL on failure (errno is set)
 */
struct mnl_socket *mobility_nlsocket_open(int protocol, int flags);

/**
 * Open a socket for requests.
 *
 * @param protocol		NETLINK_ROUTE or NETLINK_XFRM
 * @return				instance, NULL if the kernel has no such (errno is set)
 */
mobility_nlsocket_t *mobility_nlsocket_create(int protocol);

/**
 * Say in words what is wrong.
 *
 * @param error			what the last request of this thread has returned
 * @return				text that the kernel has sent with it, if any, else that
 *						of errno; valid until the thread's next request
 */
const char *mobility_nlsocket_strerror(int error);

/**
 * Receive messages from the kernel, and from nobody else.
 *
 * @param fd			netlink socket
 * @param buf			buffer, aligned for messages
 * @param len			length of the buffer
 * @return				length of the messages, -1 on errors (errno is set;
 *						EMSGSIZE if they were cut off)
 */
ssize_t mobility_nlsocket_receive(int fd, void *buf, size_t len);

#endif /** MOBILITY_NLSOCKET_H_ @}*/
