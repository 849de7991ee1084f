/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_read_only mobility_read_only
 * @{ @ingroup mobility_manager
 *
 * Where those find a socket who may only look: beside the control socket, with
 * a group of its own, so that it is the kernel that says who may connect.
 */

#ifndef MOBILITY_READ_ONLY_H_
#define MOBILITY_READ_ONLY_H_

#include <library.h>

/**
 * Get the URI of that socket.
 *
 * @param uri			URI of the control socket
 * @param buf			gets the URI
 * @param len			size of buf
 * @return				FALSE if there is none: only those in the file system have
 *						a group
 */
bool mobility_read_only_uri(const char *uri, char *buf, size_t len);

/**
 * The same, if a group can have it.
 *
 * @param uri			URI of the control socket
 * @param group			name of the group
 * @param buf			gets the URI
 * @param len			size of buf
 * @param gid			gets the group
 * @return				FALSE if it can't (logged)
 */
bool mobility_read_only_check(const char *uri, const char *group, char *buf,
							  size_t len, gid_t *gid);

/**
 * Allow a group to connect to it; says so if that fails.
 *
 * @param uri			its URI, the socket must be there
 * @param gid			the group
 */
void mobility_read_only_allow(const char *uri, gid_t gid);

#endif /** MOBILITY_READ_ONLY_H_ @}*/
