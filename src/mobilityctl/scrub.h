/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup scrub scrub
 * @{ @ingroup mobilityctl
 *
 * Takes out of a text what is nobody else's business.  Pure.
 */

#ifndef SCRUB_H_
#define SCRUB_H_

#include <json.h>

#include <library.h>
#include <collections/array.h>

/**
 * Collect identities from what a daemon has told: from all members whose keys are
 * those of identities or certificates.
 *
 * @param object		what it has told
 * @param identities	array of char*, gets those that are new
 */
void scrub_collect(json_object *object, array_t *identities);

/**
 * Scrub a text.
 *
 * Secrets, numbers that are long enough for keys, and control characters are
 * replaced always.  Unless identities is NULL, these are replaced wherever they are as words
 * of their own, be it in the names of connections, and so is all that has a @ in
 * it, and distinguished names: by a number, the same one for the same identity.
 * Addresses are no identities.
 *
 * @param text			text
 * @param secrets		array of char*
 * @param identities	array of char*, gets those that are found besides; NULL to
 *						leave them in
 * @return				allocated text
 */
char *scrub_text(const char *text, array_t *secrets, array_t *identities);

#endif /** SCRUB_H_ @}*/
