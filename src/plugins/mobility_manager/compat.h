/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_compat mobility_compat
 * @{ @ingroup mobility_manager
 *
 * What differs between the versions of strongSwan we build with (5.9.8 and
 * 6.1.0). Everything else uses the names defined here, so that no other file
 * has to know about versions. configure finds out what the headers have.
 */

#ifndef MOBILITY_COMPAT_H_
#define MOBILITY_COMPAT_H_

#include <config/peer_cfg.h>
#include <plugins/plugin.h>
#include <sa/child_sa.h>

/**
 * Defines a plugin's constructor. Since 6.1.0 charon also wants to be told the
 * version a plugin was built for. Defining that for older versions as well has
 * newer ones refuse such a plugin before they run anything in it.
 */
#ifndef PLUGIN_DEFINE
#define PLUGIN_DEFINE(name) \
	const char *name##_plugin_version = VERSION; \
	plugin_t *name##_plugin_create()
#endif

/**
 * Check if a CHILD_SA is one of several with the same reqid, each for a CPU.
 *
 * @param child_sa	CHILD_SA
 * @return			TRUE if it is
 */
static inline bool mobility_compat_per_cpu(child_sa_t *child_sa)
{
#ifdef HAVE_PER_CPU_SAS
	return child_sa->use_per_cpu(child_sa);
#else
	return FALSE;
#endif
}

/**
 * Configure a connection not to use MOBIKE.
 *
 * @param data		what the connection is created from
 */
static inline void mobility_compat_no_mobike(peer_cfg_create_t *data)
{
#ifdef HAVE_PEER_CFG_OPTIONS
	data->options |= OPT_NO_MOBIKE;
#else
	data->no_mobike = TRUE;
#endif
}

/**
 * A parameter of controller_t.initiate() that not all versions have, with the
 * comma behind it.
 */
#ifdef HAVE_CONTROLLER_LEVEL
#define MOBILITY_COMPAT_LEVEL(param) param,
#else
#define MOBILITY_COMPAT_LEVEL(param)
#endif

/**
 * Get what a config proposes for IKE.
 *
 * @param ike_cfg	config
 * @return			list of proposal_t*, to be destroyed
 */
static inline linked_list_t *mobility_compat_proposals(ike_cfg_t *ike_cfg)
{
#ifdef HAVE_PROPOSALS_LOG
	return ike_cfg->get_proposals(ike_cfg, FALSE);
#else
	return ike_cfg->get_proposals(ike_cfg);
#endif
}

#endif /** MOBILITY_COMPAT_H_ @}*/
