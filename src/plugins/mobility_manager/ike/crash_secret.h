/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_crash_secret mobility_crash_secret
 * @{ @ingroup mobility_manager
 *
 * What the tokens of a gateway are made of (RFC 6290, 5.1): a secret in a file,
 * as they have to be the same after a crash.  Whoever has it can end sessions
 * at its clients, and a gateway that shares it with another one gives away tokens
 * of sessions that live there.  So the file has to belong to charon alone, and
 * only one daemon uses it at a time.
 */

#ifndef MOBILITY_CRASH_SECRET_H_
#define MOBILITY_CRASH_SECRET_H_

#include <library.h>

#include "ike/crash_notice.h"

/** Length of the secret, which is all that is in the file. */
#define MOBILITY_CRASH_SECRET_LEN 32

typedef struct mobility_crash_secret_t mobility_crash_secret_t;

/**
 * Secret.
 */
struct mobility_crash_secret_t {
	/** secret */
	uint8_t secret[MOBILITY_CRASH_SECRET_LEN];
	/** the file, which is locked as long as it is open */
	int fd;
};

/**
 * Read the secret from its file.  Says in the log why it can't be used.
 *
 * @param path			path of the file
 * @param secret		gets the secret
 * @return				SUCCESS, NOT_FOUND if there is no file, FAILED
 */
status_t mobility_crash_secret_open(const char *path,
									mobility_crash_secret_t *secret);

/**
 * Create the file with a new secret, and the directory it is in, unless it is
 * there, and read it.  Says in the log what does not work.
 *
 * @param path			path of the file
 * @param secret		gets the secret
 * @return				TRUE if there is one
 */
bool mobility_crash_secret_create(const char *path,
								  mobility_crash_secret_t *secret);

/**
 * Forget a secret that was read.
 *
 * @param secret		secret
 */
void mobility_crash_secret_close(mobility_crash_secret_t *secret);

/**
 * Make the token of an IKE_SA: the begin of an HMAC of its SPIs.
 *
 * @param secret		secret
 * @param initiator_spi	SPIs as in messages
 * @param responder_spi
 * @param token			gets the token
 * @return				FALSE if charon has no HMAC-SHA-256
 */
bool mobility_crash_secret_make_token(const mobility_crash_secret_t *secret,
									uint64_t initiator_spi,
									uint64_t responder_spi,
									uint8_t token[MOBILITY_CRASH_TOKEN_LEN]);

#endif /** MOBILITY_CRASH_SECRET_H_ @}*/
