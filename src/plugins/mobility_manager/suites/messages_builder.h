/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup messages_builder messages_builder
 * @{ @ingroup mobility_suite
 *
 * What mobility_message() is made of.
 */

#ifndef MESSAGES_BUILDER_H_
#define MESSAGES_BUILDER_H_

#include "mobility_suite.h"

#include "net/netlink.h"

typedef struct builder_t builder_t;

/**
 * A message under construction
 */
struct builder_t {
	/** description, gets cut into words */
	char text[512];
	/** position in it */
	char *pos;
	/** current word */
	char *word;
	/** add, not del */
	bool add;
	/** the message */
	struct nlmsghdr *nlh;
};

/**
 * Get the next word.
 *
 * @return			FALSE if there is none
 */
bool builder_next_word(builder_t *this);

/**
 * Check the current word.
 *
 * @param word		what it may be
 * @return			TRUE if it is
 */
bool builder_is(builder_t *this, const char *word);

/**
 * Check the current word, and go on to the next, its value.
 *
 * @param word		what it may be
 * @return			TRUE if it was
 */
bool builder_takes(builder_t *this, const char *word);

/**
 * Fail because nobody knows the current word.
 */
void builder_unknown(builder_t *this);

/**
 * Get the current word as a number.
 *
 * @return			number
 */
uint32_t builder_number(builder_t *this);

/**
 * Get the current word as an address.
 *
 * @return			address
 */
mobility_ip_t builder_address(builder_t *this);

/**
 * Get the current word as an address with a prefix length.
 *
 * @param len		gets the prefix length
 * @return			address
 */
mobility_ip_t builder_prefix(builder_t *this, uint8_t *len);

/**
 * Put an address into the message.
 *
 * @param type		type of the attribute
 * @param ip		address
 */
void builder_put_ip(builder_t *this, uint16_t type, const mobility_ip_t *ip);

/**
 * Build a message about a route.
 */
void builder_route(builder_t *this);

/**
 * Build a message about a rule.
 */
void builder_rule(builder_t *this);

/**
 * Build a message about a next hop object.
 */
void builder_nexthop(builder_t *this);

#endif /** MESSAGES_BUILDER_H_ @}*/
