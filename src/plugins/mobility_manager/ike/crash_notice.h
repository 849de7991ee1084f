/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_crash_notice mobility_crash_notice
 * @{ @ingroup mobility_manager
 *
 * The message by which a gateway says that it has no IKE_SA of these SPIs
 * (RFC 7296, 1.5), with tokens that prove that it once had it (RFC 6290, 4.5).
 * Pure: no I/O.  It is not protected, and stock neither encodes it for all kinds
 * of exchanges nor parses it.
 */

#ifndef MOBILITY_CRASH_NOTICE_H_
#define MOBILITY_CRASH_NOTICE_H_

#include <library.h>

/** Length of tokens of ours: the shortest there is, so that who asks gets hardly
 * more than it has sent; and what those of others may have (RFC 6290, 5). */
#define MOBILITY_CRASH_TOKEN_LEN 16
#define MOBILITY_CRASH_TOKEN_MAX 128

/** Tokens of a message that are looked at; there may be several while a gateway
 * changes its secret (RFC 6290, 4.5). */
#define MOBILITY_CRASH_TOKENS 4

typedef struct mobility_crash_notice_t mobility_crash_notice_t;

/**
 * What such a message says.
 */
struct mobility_crash_notice_t {
	/** tokens, point into the message */
	chunk_t tokens[MOBILITY_CRASH_TOKENS];
	/** number of these, at least 1 */
	u_int count;
};

/**
 * Check if a token may be one.
 *
 * @param token			token
 * @return				TRUE if it has a length that tokens have
 */
bool mobility_crash_token_valid(chunk_t token);

/**
 * Parse a message that anybody may have sent.
 *
 * @param data			an IKE message, without marker
 * @param notice		gets what it says
 * @return				TRUE if it is one as above, with tokens
 */
bool mobility_crash_notice_parse(chunk_t data, mobility_crash_notice_t *notice);

/**
 * Encode such a message.
 *
 * @param request		header of the request that it answers, 28 bytes
 * @param token			token
 * @return				message, allocated
 */
chunk_t mobility_crash_notice_encode(chunk_t request, chunk_t token);

#endif /** MOBILITY_CRASH_NOTICE_H_ @}*/
