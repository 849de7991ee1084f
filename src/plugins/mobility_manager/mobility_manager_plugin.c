/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_manager_plugin.h"
#include "abi.h"
#include "compat.h"
#include "control/control.h"
#include "manager.h"
#include "nm/vpn_service.h"
#include "settings/settings.h"
#include "control/script.h"

#include <daemon.h>

typedef struct private_mobility_manager_plugin_t
										private_mobility_manager_plugin_t;

/**
 * Private data of a mobility_manager_plugin_t object.
 */
struct private_mobility_manager_plugin_t {

	/**
	 * Public interface.
	 */
	mobility_manager_plugin_t public;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Sessions.
	 */
	mobility_manager_t *manager;

	/**
	 * Control socket, NULL if it can't be served.
	 */
	mobility_control_t *control;

	/**
	 * Runs the script.
	 */
	mobility_script_t *script;
};

METHOD(plugin_t, get_name, char*,
	private_mobility_manager_plugin_t *this)
{
	return "mobility-manager";
}

/**
 * Start and stop.
 */
static bool plugin_cb(private_mobility_manager_plugin_t *this,
					  plugin_feature_t *feature, bool reg, void *data)
{
	if (reg)
	{
		this->settings = mobility_settings_create();
		this->manager = mobility_manager_create(this->settings);
		if (!this->manager)
		{
			this->settings->destroy(this->settings);
			return FALSE;
		}
		/* without control socket tunnels survive just as well */
		this->control = mobility_control_create(this->manager, this->settings,
								this->settings->get_socket(this->settings));
		this->script = mobility_script_create(this->settings,
											  MOBILITY_SCRIPT_TIMEOUT);
		this->manager->add_observer(this->manager, &this->script->observer);
		charon->bus->add_listener(charon->bus,
								  this->manager->get_listener(this->manager));
		mobility_vpn_service_start();
	}
	else
	{
		mobility_vpn_service_stop();
		charon->bus->remove_listener(charon->bus,
									 this->manager->get_listener(this->manager));
		DESTROY_IF(this->control);
		this->manager->remove_observer(this->manager, &this->script->observer);
		this->script->destroy(this->script);
		this->manager->destroy(this->manager);
		this->settings->destroy(this->settings);
	}
	return TRUE;
}

METHOD(plugin_t, get_features, int,
	private_mobility_manager_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)plugin_cb, NULL),
			PLUGIN_PROVIDE(CUSTOM, "mobility-manager"),
				/* whose methods are replaced */
				PLUGIN_DEPENDS(CUSTOM, "libcharon-sa-managers"),
	};
	*features = f;
	return countof(f);
}

METHOD(plugin_t, reload, bool,
	private_mobility_manager_plugin_t *this)
{
	this->settings->reload(this->settings);
	this->manager->reload(this->manager);
	return TRUE;
}

METHOD(plugin_t, destroy, void,
	private_mobility_manager_plugin_t *this)
{
	free(this);
}

/*
 * See header; called by charon's plugin loader.
 */
PLUGIN_DEFINE(mobility_manager)
{
	private_mobility_manager_plugin_t *this;

	if (!mobility_abi_check())
	{
		return NULL;
	}
	if (!lib->caps->keep(lib->caps, CAP_NET_RAW))
	{	/* datagrams can't be sent in parts */
		DBG1(DBG_CFG, "mobility: charon has no CAP_NET_RAW, that large packets "
			 "get lost may not be noticed");
	}
	INIT(this,
		.public = {
			.plugin = {
				.get_name = _get_name,
				.get_features = _get_features,
				.reload = _reload,
				.destroy = _destroy,
			},
		},
	);

	return &this->public.plugin;
}
