/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup fake_dns fake_dns
 * @{ @ingroup mobility_suite
 *
 * A name server on the loopback interface.  What it answers depends on the name.
 */

#ifndef FAKE_DNS_H_
#define FAKE_DNS_H_

#include <networking/host.h>

typedef struct fake_dns_t fake_dns_t;

/**
 * Name server.
 */
struct fake_dns_t {

	/**
	 * Its address and port.
	 */
	host_t *address;

	/**
	 * Get the number of queries so far.
	 *
	 * @return			number
	 */
	u_int (*get_count)(fake_dns_t *this);

	/**
	 * Get the address from which the last query came.
	 *
	 * @param buf		gets it, "" if there was none
	 * @param len		length of buf
	 */
	void (*get_client)(fake_dns_t *this, char *buf, size_t len);

	/**
	 * Destroy.
	 */
	void (*destroy)(fake_dns_t *this);
};

/**
 * Create a name server. The first label of a name says what it has:
 *
 *  one		192.0.2.1 or 2001:db8::1
 *  many	20 addresses
 *  alias	another name, which has an address
 *  loop	itself as another name
 *  none	nothing, there is no such name
 *  failed	nothing, the server can't tell
 *  silent	nothing, there is no answer
 *  short	half an answer
 *  wrong	an answer to another query, before the right one
 *
 * @return			server
 */
fake_dns_t *fake_dns_create(void);

#endif /** FAKE_DNS_H_ @}*/
