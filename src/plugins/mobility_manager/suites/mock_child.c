/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include "compat.h"
#include "mock_child.h"
#include "mobility_suite.h"

METHOD(child_sa_t, get_protocol, protocol_id_t,
	mock_child_t *this)
{
	return this->proto;
}

METHOD(child_sa_t, get_mode, ipsec_mode_t,
	mock_child_t *this)
{
	return this->mode;
}

METHOD(child_sa_t, get_ipcomp, ipcomp_transform_t,
	mock_child_t *this)
{
	return this->ipcomp;
}

METHOD(child_sa_t, get_state, child_sa_state_t,
	mock_child_t *this)
{
	return this->state;
}

METHOD(child_sa_t, set_state, void,
	mock_child_t *this, child_sa_state_t state)
{
	this->state = state;
}

METHOD(child_sa_t, get_outbound_state, child_sa_outbound_state_t,
	mock_child_t *this)
{
	return this->outbound;
}

METHOD(child_sa_t, has_encap, bool,
	mock_child_t *this)
{
	return this->encap;
}

METHOD(child_sa_t, get_reqid, uint32_t,
	mock_child_t *this)
{
	return this->reqid;
}

METHOD(child_sa_t, get_unique_id, uint32_t,
	mock_child_t *this)
{
	return this->unique_id;
}

METHOD(child_sa_t, get_spi, uint32_t,
	mock_child_t *this, bool inbound)
{
	return inbound ? this->spi_in : this->spi_out;
}

METHOD(child_sa_t, get_mark, mark_t,
	mock_child_t *this, bool inbound)
{
	return inbound ? this->mark_in : this->mark_out;
}

METHOD(child_sa_t, get_if_id, uint32_t,
	mock_child_t *this, bool inbound)
{
	return inbound ? this->if_id_in : this->if_id_out;
}

METHOD(child_sa_t, get_name, char*,
	mock_child_t *this)
{
	return "home";
}

METHOD(child_sa_t, get_config, child_cfg_t*,
	mock_child_t *this)
{
	return &this->config;
}

METHOD(child_sa_t, get_label, sec_label_t*,
	mock_child_t *this)
{
	return this->label;
}

#ifdef HAVE_PER_CPU_SAS
METHOD(child_sa_t, use_per_cpu, bool,
	mock_child_t *this)
{
	return FALSE;
}
#endif

#ifdef HAVE_CHILD_RECREATE
METHOD(child_sa_t, get_reqid_ref, uint32_t,
	mock_child_t *this)
{
	return this->reqid;
}

METHOD(child_sa_t, get_proposal, proposal_t*,
	mock_child_t *this)
{
	return NULL;
}

METHOD(child_sa_t, get_cpu, uint32_t,
	mock_child_t *this)
{
	return CPU_ID_MAX;
}
#endif

/**
 * Get the CHILD_SA with a config.
 */
static mock_child_t *by_config(child_cfg_t *config)
{
	return (mock_child_t*)((char*)config - offsetof(mock_child_t, config));
}

METHOD(child_cfg_t, get_interface, char*,
	child_cfg_t *this)
{
	return by_config(this)->interface;
}

METHOD(child_cfg_t, get_hw_offload, hw_offload_t,
	child_cfg_t *this)
{
	return by_config(this)->offload;
}

METHOD(child_cfg_t, get_ref, child_cfg_t*,
	child_cfg_t *this)
{
	return this;
}

METHOD(child_cfg_t, has_option, bool,
	child_cfg_t *this, child_cfg_option_t option)
{
	return by_config(this)->options & option;
}

/**
 * Enumerates pairs of traffic selectors, or those of one side
 */
typedef struct {
	enumerator_t public;
	/** those of one side, or both */
	traffic_selector_t **ts, **others;
	int i;
} ts_enumerator_t;

METHOD(enumerator_t, ts_enumerate, bool,
	ts_enumerator_t *this, va_list args)
{
	if (this->i == MOCK_CHILD_TS || !this->ts[this->i])
	{
		return FALSE;
	}
	*va_arg(args, traffic_selector_t**) = this->ts[this->i];
	if (this->others)
	{
		*va_arg(args, traffic_selector_t**) = this->others[this->i];
	}
	this->i++;
	return TRUE;
}

/**
 * Create an enumerator for traffic selectors
 */
static enumerator_t *create_ts(traffic_selector_t **ts,
							   traffic_selector_t **others)
{
	ts_enumerator_t *this;

	INIT(this,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _ts_enumerate,
			.destroy = (void*)free,
		},
		.ts = ts,
		.others = others,
	);
	return &this->public;
}

METHOD(child_sa_t, create_ts_enumerator, enumerator_t*,
	mock_child_t *this, bool local)
{
	return create_ts(local ? this->mine : this->others, NULL);
}

METHOD(child_sa_t, create_policy_enumerator, enumerator_t*,
	mock_child_t *this)
{
	return create_ts(this->mine, this->others);
}

/*
 * Described in header
 */
void mock_child_init(mock_child_t *this)
{
	*this = (mock_child_t){
		.public = {
			.get_protocol = _get_protocol,
			.get_mode = _get_mode,
			.get_ipcomp = _get_ipcomp,
			.get_state = _get_state,
			.set_state = _set_state,
			.get_outbound_state = _get_outbound_state,
			.has_encap = _has_encap,
			.get_reqid = _get_reqid,
			.get_unique_id = _get_unique_id,
			.get_spi = _get_spi,
			.get_mark = _get_mark,
			.get_if_id = _get_if_id,
			.get_name = _get_name,
			.get_config = _get_config,
			.get_label = _get_label,
			.create_ts_enumerator = _create_ts_enumerator,
			.create_policy_enumerator = _create_policy_enumerator,
#ifdef HAVE_PER_CPU_SAS
			.use_per_cpu = _use_per_cpu,
#endif
#ifdef HAVE_CHILD_RECREATE
			.get_reqid_ref = _get_reqid_ref,
			.get_proposal = _get_proposal,
			.get_cpu = _get_cpu,
#endif
		},
		.config = {
			.get_interface = _get_interface,
			.get_hw_offload = _get_hw_offload,
			.has_option = _has_option,
			.get_ref = _get_ref,
			.destroy = (void*)nop,
		},
		.proto = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.state = CHILD_INSTALLED,
		.outbound = CHILD_OUTBOUND_INSTALLED,
	};
}

METHOD(ike_sa_t, get_parent_name, char*,
	mock_parent_t *this)
{
	return "home";
}

METHOD(ike_sa_t, get_my_host, host_t*,
	mock_parent_t *this)
{
	return this->me;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	mock_parent_t *this)
{
	return this->other;
}

METHOD(ike_sa_t, has_condition, bool,
	mock_parent_t *this, ike_condition_t condition)
{
	ck_assert_int_eq(condition, COND_NAT_ANY);
	return this->nat;
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	mock_parent_t *this)
{
	return array_create_enumerator(this->children);
}

METHOD(ike_sa_t, create_virtual_ip_enumerator, enumerator_t*,
	mock_parent_t *this, bool local)
{
	host_t *vip;

	ck_assert(local);
	if (!this->vip)
	{
		return enumerator_create_empty();
	}
	vip = host_create_from_string(this->vip, 0);
	return enumerator_create_single(vip, (void*)vip->destroy);
}

/*
 * Described in header
 */
void mock_parent_init(mock_parent_t *this, char *me, char *other)
{
	*this = (mock_parent_t){
		.public = {
			.get_name = _get_parent_name,
			.get_my_host = _get_my_host,
			.get_other_host = _get_other_host,
			.has_condition = _has_condition,
			.create_child_sa_enumerator = _create_child_sa_enumerator,
			.create_virtual_ip_enumerator = _create_virtual_ip_enumerator,
		},
		.me = host_create_from_string(me, 4500),
		.other = host_create_from_string(other, 4500),
		.children = array_create(0, 0),
	};
}

/*
 * Described in header
 */
void mock_parent_deinit(mock_parent_t *this)
{
	array_destroy(this->children);
	this->me->destroy(this->me);
	this->other->destroy(this->other);
}
