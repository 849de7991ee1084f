/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_vici_message mobility_vici_message
 * @{ @ingroup mobility_manager
 *
 * Messages in VICI's encoding.  Ours, because strongSwan's is in a plugin that
 * need not be loaded, and in 5.9.8 its parser leaves what it returns undefined
 * for some malformed messages.
 */

#ifndef MOBILITY_VICI_MESSAGE_H_
#define MOBILITY_VICI_MESSAGE_H_

#include <library.h>

typedef struct mobility_vici_message_t mobility_vici_message_t;

/**
 * A message under construction.
 */
struct mobility_vici_message_t {

	/**
	 * Begin a section.
	 *
	 * @param fmt		printf format of its name
	 */
	void (*begin)(mobility_vici_message_t *this, const char *fmt, ...);

	/**
	 * End the section begun last.
	 */
	void (*end)(mobility_vici_message_t *this);

	/**
	 * Add a key and its value.  Characters that clients would not take for
	 * printable are replaced.
	 *
	 * @param key		key
	 * @param fmt		printf format of the value
	 */
	void (*add)(mobility_vici_message_t *this, const char *key, const char *fmt,
				...);

	/**
	 * Get what was encoded so far.
	 *
	 * @return			encoding, internal data
	 */
	chunk_t (*get_encoding)(mobility_vici_message_t *this);

	/**
	 * Destroy a mobility_vici_message_t.
	 */
	void (*destroy)(mobility_vici_message_t *this);
};

/**
 * Create an empty message.
 *
 * @return				message
 */
mobility_vici_message_t *mobility_vici_message_create();

/**
 * Check that a message from a client is well-formed from its first to its last
 * byte.
 *
 * @param message		encoded message
 * @return				TRUE if it is
 */
bool mobility_vici_message_valid(chunk_t message);

/**
 * Get the value of a key, not of one within a section or list.
 *
 * @param message		encoded message, of any content
 * @param key			key
 * @return				allocated value, NULL if there is no such key, it has
 *						no printable value, or the message is not valid
 */
char *mobility_vici_message_get(chunk_t message, const char *key);

/**
 * Check if there is a key, not one within a section or list.
 *
 * @param message		encoded message, of any content
 * @param key			key
 * @return				TRUE if there is, whatever its value
 */
bool mobility_vici_message_has(chunk_t message, const char *key);

#endif /** MOBILITY_VICI_MESSAGE_H_ @}*/
