/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_netns mobility_netns
 * @{ @ingroup mobility_suite
 *
 * A network of its own for a test: a real kernel, and nothing else in it.
 */

#ifndef MOBILITY_NETNS_H_
#define MOBILITY_NETNS_H_

#include "mobility_suite.h"

#include "net/path.h"

/** Milliseconds after which waiting for something is given up */
#define MOBILITY_NETNS_TIMEOUT 10000

/**
 * Check if networks can be created. If not, says so, as tests are left out.
 *
 * @return			TRUE if there are network namespaces and the ip command
 */
bool mobility_netns_available(void);

/**
 * Move the test to a new network, with only a loopback interface, which is up.
 * Threads are to be created later.
 */
void mobility_netns_create(void);

/**
 * Fixture that does that, and initializes libstrongswan.
 */
void mobility_netns_setup(void);

/**
 * Run the ip command, it has to succeed.
 *
 * @param fmt		format string of its arguments
 */
void mobility_netns_ip(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * Run a shell command.
 *
 * @param fmt		format string of the command
 * @return			TRUE if it succeeded
 */
bool mobility_netns_run(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * Run a shell command and return what it prints.
 *
 * @param fmt		format string of the command
 * @return			output, allocated, of a command that failed the empty string
 */
char *mobility_netns_output(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * Write a value below /proc/sys/net.
 *
 * @param value		value
 * @param fmt		format string of the name
 */
void mobility_netns_sysctl(const char *value, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Create a link, up, with the other end up, too. The other end is named like
 * it, with an x in front. Has a carrier as long as that is up.
 *
 * @param name		name
 */
void mobility_netns_link(const char *name);

/**
 * Get the time for waiting.
 *
 * @return			milliseconds
 */
uint64_t mobility_netns_now(void);

/**
 * Wait for a condition, which gets evaluated again and again.
 */
#define mobility_netns_wait(condition) ({ \
	uint64_t _end = mobility_netns_now() + MOBILITY_NETNS_TIMEOUT; \
	while (!(condition)) \
	{ \
		ck_assert_msg(mobility_netns_now() < _end, \
					  "waited in vain for: " #condition); \
		usleep(2000); \
	} \
})

/**
 * Create a path.
 *
 * @param ifname	uplink
 * @param local		local address
 * @param remote	peer's address
 * @param gateway	next hop, NULL if there is none
 * @return			path, allocated
 */
mobility_path_t *mobility_netns_path(const char *ifname, char *local,
									 char *remote, char *gateway);

#endif /** MOBILITY_NETNS_H_ @}*/
