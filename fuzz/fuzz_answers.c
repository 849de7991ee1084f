/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Answers of the kernel to a request: messages that came together, with the
 * acknowledgement and what it says about an error among them. They are in
 * memory of their own that ends where they end.
 */

#include <library.h>
#include <utils/debug.h>

#include "net/netlink.h"
#include "net/nlsocket.h"

/**
 * What was received, messages have to be in there
 */
static uint8_t *received;
static size_t received_len;

/**
 * Read all of a message, a mobility_nlsocket_cb_t
 */
static void read_message(void *data, const struct nlmsghdr *nlh)
{
	const uint8_t *begin = (const uint8_t*)nlh;
	u_int *sum = data, i;

	if (begin < received ||
		nlh->nlmsg_len > received + received_len - begin ||
		nlh->nlmsg_type < NLMSG_MIN_TYPE)
	{
		abort();
	}
	for (i = 0; i < nlh->nlmsg_len; i++)
	{
		*sum += begin[i];
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_nlsocket_answer_t answer = {};
	struct nlmsghdr header = {};
	u_int sum = 0;

	memcpy(&header, data, min(len, sizeof(header)));
	/* most of them are for the same request */
	answer.seq = header.nlmsg_seq;
	answer.data = &sum;
	if (!(header.nlmsg_pid & 1))
	{
		answer.cb = read_message;
	}
	received = malloc(len);
	received_len = len;
	memcpy(received, data, len);
	mobility_nlsocket_parse(&answer, received, len);
	free(received);
	if (answer.error < 0 || answer.error > 4095 ||
		(answer.error && !answer.done) ||
		strnlen(answer.text, sizeof(answer.text)) == sizeof(answer.text))
	{
		abort();
	}
	return 0;
}
