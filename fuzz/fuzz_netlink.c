/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What comes from rtnetlink. Each message gets memory of its own that ends
 * where it ends, and a length that fits, so that what is in it matters and not
 * only where it is cut.
 */

#include <linux/netlink.h>

#include <library.h>
#include <utils/debug.h>

#include "net/uplinks.h"

/**
 * Any interface and no virtual address but one
 */
static bool filter(void *data, const char *ifname, bool tunnel)
{
	return ifname[0] != 'x';
}

static bool is_vip(void *data, host_t *addr)
{
	return addr->ip_equals(addr, data);
}

/**
 * Ask for the paths to a peer, and what has to be true for them
 */
static void look(mobility_uplinks_t *uplinks, const char *address, host_t *vip)
{
	mobility_path_t *path;
	array_t *paths;
	host_t *peer;
	int i;

	peer = host_create_from_string((char*)address, 4500);
	paths = array_create(0, 0);
	uplinks->get_paths(uplinks, peer, filter, is_vip, vip, paths);
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		if (path->local->get_family(path->local) != peer->get_family(peer) ||
			path->local->ip_equals(path->local, vip) ||
			path->ifname[0] == 'x')
		{
			abort();
		}
		uplinks->describe(uplinks, path->ifname);
		if (!uplinks->is_usable(uplinks, path))
		{	/* what is good enough to choose is good enough to stay */
			abort();
		}
		mobility_path_destroy(uplinks->find_path(uplinks, path->local, peer));
	}
	mobility_paths_destroy(paths);
	peer->destroy(peer);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_uplinks_t *uplinks;
	struct nlmsghdr *nlh, header;
	host_t *vip;
	size_t size;
	u_int count = 0, priority;

	vip = host_create_from_string("192.0.2.99", 0);
	uplinks = mobility_uplinks_create(220, len % 2, NULL);
	while (len >= sizeof(header))
	{
		memcpy(&header, data, sizeof(header));
		size = header.nlmsg_len;
		if (size < sizeof(header) || size > len)
		{
			size = len;
		}
		nlh = malloc(size);
		memcpy(nlh, data, size);
		nlh->nlmsg_len = size;
		uplinks->process(uplinks, nlh);
		free(nlh);

		size = min(NLMSG_ALIGN(size), len);
		data += size;
		len -= size;
		if (++count == 6)
		{
			uplinks->sync_begin(uplinks);
		}
	}
	look(uplinks, "192.0.2.1", vip);
	look(uplinks, "2001:db8::1", vip);
	uplinks->sync_end(uplinks);
	look(uplinks, "192.0.2.1", vip);
	uplinks->set_pin_priority(uplinks, 219, FALSE);
	priority = uplinks->get_pin_priority(uplinks);
	if (!priority || priority > 219)
	{
		abort();
	}
	look(uplinks, "192.0.2.1", vip);
	uplinks->destroy(uplinks);
	vip->destroy(vip);
	return 0;
}
