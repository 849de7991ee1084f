/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Events about SAs from the kernel, and what is made of the counters in them.
 * Each message gets memory of its own that ends where it ends, and a length
 * that fits.
 */

#include <library.h>
#include <utils/debug.h>

#include "esp/path_health.h"
#include "esp/xfrm.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	return 0;
}

/**
 * Have a look at counters
 */
static void sample(mobility_path_health_t *flow, const mobility_sa_t *sa)
{
	mobility_path_health_sample_t counters = {
		.out = sa->oseq,
		.in = sa->packets,
		.seq = sa->seq,
	};

	if (flow->sample(flow, sa->add_time, &counters) > MOBILITY_HEALTH_LOSSY)
	{
		abort();
	}
	if (sa->flags & 1)
	{
		flow->refuted(flow, sa->use_time);
	}
	if (sa->flags & 2)
	{
		flow->moved(flow, sa->use_time);
	}
	flow->set_rtt(flow, sa->window);
}

/**
 * What is said about an SA has to be possible
 */
static void check(const mobility_sa_t *sa)
{
	host_t *dst;

	if (sa->words > countof(sa->bitmap))
	{
		abort();
	}
	dst = mobility_ip_to_host(&sa->id.dst);
	if (!dst || sa->id.dst.family != sa->src.family)
	{
		abort();
	}
	mobility_sa_id_t id = mobility_sa_id_create(dst, sa->id.proto, sa->id.spi,
												sa->id.mark);
	if (!mobility_sa_id_equals(&id, &sa->id))
	{
		abort();
	}
	dst->destroy(dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_path_health_t *flow;
	struct nlmsghdr *nlh, header;
	mobility_sa_t sa;
	size_t size;

	flow = mobility_path_health_create();
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
		if (mobility_xfrm_parse(nlh, &sa))
		{
			check(&sa);
			sample(flow, &sa);
		}
		free(nlh);

		size = min(NLMSG_ALIGN(size), len);
		data += size;
		len -= size;
	}
	flow->destroy(flow);
	return 0;
}
