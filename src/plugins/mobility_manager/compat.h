/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_compat mobility_compat
 * @{ @ingroup mobility_manager
 *
 * What differs between the versions of strongSwan we build with (5.9.8, 6.0.1
 * and 6.1.0). Everything else uses the names defined here, so that no other file
 * has to know about versions. configure finds out what the headers have.
 */

#ifndef MOBILITY_COMPAT_H_
#define MOBILITY_COMPAT_H_

#include <daemon.h>
#include <plugins/plugin.h>
#include <sa/ikev2/tasks/child_create.h>

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
 * A parameter of child_create_create() that not all versions have, with the
 * comma in front of it.
 */
#ifdef HAVE_CHILD_RECREATE
#define MOBILITY_COMPAT_SEQ(param) , param
#else
#define MOBILITY_COMPAT_SEQ(param)
#endif

/**
 * Have a task create a CHILD_SA with the reqid of another one, and what that
 * has agreed on where the version at hand keeps that.
 *
 * @param task		task
 * @param child_sa	CHILD_SA, which may be about to be created only
 */
static inline void mobility_compat_recreate(child_create_t *task,
											child_sa_t *child_sa)
{
#ifdef HAVE_CHILD_RECREATE
	uint32_t reqid = child_sa->get_reqid_ref(child_sa);

	if (reqid)
	{
		task->use_reqid(task, reqid);
		charon->kernel->release_reqid(charon->kernel, reqid);
	}
	if (child_sa->get_proposal(child_sa))
	{
		task->recreate_sa(task, child_sa);
	}
	task->use_per_cpu(task, child_sa->use_per_cpu(child_sa),
					  child_sa->get_cpu(child_sa));
#else
	task->use_reqid(task, child_sa->get_reqid(child_sa));
#endif
}

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
