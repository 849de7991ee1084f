/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What comes to a UDP port of our own, from anybody. It is in memory of its own
 * that ends where it ends. What is left for charon is the rest of it, and a whole
 * IKEv2 message that does not begin an IKE_SA here.
 */

#include <library.h>
#include <utils/debug.h>

#include "ike/own_socket.h"

/** length of the marker, offsets in the header of a message, and its length */
#define MARKER_LEN 4
#define EXCHANGE 18
#define FLAGS 19
#define LENGTH 24
#define HEADER_LEN 28

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t received = chunk_clone(chunk_create((uint8_t*)data, len));
	chunk_t message = received;

	if (!mobility_own_socket_strip(&message))
	{
		if (message.ptr != received.ptr || message.len != received.len)
		{
			abort();
		}
	}
	else if (message.ptr != received.ptr + MARKER_LEN ||
			 message.len != received.len - MARKER_LEN ||
			 message.len < HEADER_LEN ||
			 untoh32(message.ptr + LENGTH) != message.len ||
			 /* an IKE_SA_INIT that is a request */
			 (message.ptr[EXCHANGE] == 34 && !(message.ptr[FLAGS] & 0x20)))
	{
		abort();
	}
	chunk_free(&received);
	return 0;
}
