/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * A message that is not protected, from anybody, in memory of its own that ends
 * where it ends.  Tokens it has are in there, of a length that tokens have; and
 * what we send to who sent that is a message that says so.
 */

#include "fuzz.h"

#include "ike/crash_notice.h"

/** length of a header */
#define HEADER_LEN 28

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	check(library_init(NULL, "fuzz"));
	return 0;
}

/**
 * Answer a message with one of its own tokens
 */
static void answer(chunk_t data, chunk_t token)
{
	mobility_crash_notice_t notice;
	chunk_t message;

	message = mobility_crash_notice_encode(data, token);
	check(mobility_crash_notice_parse(message, &notice));
	check(notice.count == 1);
	check(chunk_equals(notice.tokens[0], token));
	check(message.len == HEADER_LEN + 16 + token.len);
	check(memeq(message.ptr, data.ptr, 16));
	chunk_free(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t received = chunk_clone(chunk_create((u_char*)data, len));
	mobility_crash_notice_t notice;
	u_int i;

	if (mobility_crash_notice_parse(received, &notice))
	{
		check(notice.count && notice.count <= MOBILITY_CRASH_TOKENS);
		for (i = 0; i < notice.count; i++)
		{
			check(mobility_crash_token_valid(notice.tokens[i]));
			check(notice.tokens[i].ptr > received.ptr + HEADER_LEN);
			check(notice.tokens[i].ptr + notice.tokens[i].len <=
				  received.ptr + received.len);
			answer(received, notice.tokens[i]);
		}
	}
	chunk_free(&received);
	return 0;
}
