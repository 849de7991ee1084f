/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_config mobility_config
 * @{ @ingroup mobility_manager
 *
 * Everything below <ns>.plugins.mobility-manager, read and checked once.
 */

#ifndef MOBILITY_SETTINGS_DATA_H_
#define MOBILITY_SETTINGS_DATA_H_

#include <collections/array.h>

#include "settings/settings.h"

typedef struct mobility_settings_data_t mobility_settings_data_t;
typedef struct mobility_uplink_section_t mobility_uplink_section_t;
typedef struct mobility_connection_t mobility_connection_t;

/**
 * A section below interfaces.
 */
struct mobility_uplink_section_t {
	/** name of the section */
	char *name;
	/** value of match */
	char *match;
	/** patterns in it that can match, as char* */
	array_t *patterns;
	/** value of use */
	char *use_value;
	/** it is yes or no */
	bool has_use;
	/** may be used */
	bool use;
	/** value of cost */
	char *cost_value;
	/** it is a number */
	bool has_cost;
	/** that number */
	uint32_t cost;
	/** value of metered */
	char *metered_value;
	/** it is yes or no */
	bool has_metered;
	/** is metered */
	bool metered;
};

/**
 * A section below connections.
 */
struct mobility_connection_t {
	/** name of the connection */
	char *name;
	/** its policy */
	mobility_config_t config;
	/** its policy if the peer initiates */
	mobility_gateway_config_t gateway;
	/** its interfaces, as mobility_uplink_section_t* */
	array_t *interfaces;
};

/**
 * All that is configured.
 */
struct mobility_settings_data_t {
	/** policy of connections that have none of their own */
	mobility_config_t config;
	/** policy of such connections if the peer initiates */
	mobility_gateway_config_t gateway;
	/** interfaces, as mobility_uplink_section_t* */
	array_t *interfaces;
	/** connections, as mobility_connection_t* */
	array_t *connections;
	/** priority of rules */
	uint32_t pin_priority;
	/** somebody has chosen that */
	bool pin_priority_fixed;
	/** first table */
	uint32_t pin_table;
	/** URI of the socket */
	char *socket;
	/** name of the group whose members may ask what is going on */
	char *read_only_group;
	/** ask NetworkManager */
	bool networkmanager;
	/** script */
	char *script;
};

/**
 * Check if a daemon may run beside charon or charon-systemd, as charon-nm does: it
 * has a socket and tables of its own then.
 *
 * @param ns			namespace, the name of the daemon
 * @return				TRUE if so
 */
bool mobility_settings_is_second(const char *ns);

/**
 * Read everything, reporting what is wrong.
 *
 * @param ns			namespace, the name of the daemon
 * @param problems		gets increased by the number of problems
 * @return				what is configured
 */
mobility_settings_data_t *mobility_settings_data_read(const char *ns,
															   u_int *problems);

/**
 * Destroy what was read.
 *
 * @param policy		policy, NULL is ignored
 */
void mobility_settings_data_destroy(mobility_settings_data_t *policy);

#endif /** MOBILITY_SETTINGS_DATA_H_ @}*/
