/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup fake_kernel fake_kernel
 * @{ @ingroup mobility_suite
 *
 * SAs and policies as the kernel keeps them and moves them, for what can't be
 * had of a real one: other versions of it, and requests that fail.
 */

#ifndef FAKE_KERNEL_H_
#define FAKE_KERNEL_H_

#include "mobility_suite.h"

#include "esp/xfrm_msg.h"

/** most SAs and policies */
#define FAKE_KERNEL_MAX 16

/**
 * What happens to one request
 */
typedef enum {
	/** nothing special */
	FAKE_FAULT_NONE,
	/** it is not done */
	FAKE_FAULT_REFUSED,
	/** it is done, but there is no answer */
	FAKE_FAULT_LOST,
} fake_fault_t;

/**
 * An SA
 */
typedef struct {
	struct xfrm_usersa_info info;
	struct xfrm_encap_tmpl encap;
	uint64_t packets;
	/** only its SPI is allocated, it has no keys */
	bool allocated;
} fake_sa_t;

/**
 * A policy
 */
typedef struct {
	struct xfrm_userpolicy_info info;
	struct xfrm_user_tmpl tmpl;
} fake_policy_t;

/**
 * The kernel
 */
typedef struct {
	/** SAs, the one added last first */
	fake_sa_t sas[FAKE_KERNEL_MAX];
	int sa_count;
	fake_policy_t policies[FAKE_KERNEL_MAX];
	int policy_count;
	/** knows XFRM_MSG_MIGRATE, and XFRM_MSG_MIGRATE_STATE */
	bool migrate, atomic;
	/** does not tell keys */
	bool lockdown;
	/** number of requests so far, but for those that delete something */
	u_int requests;
	/** which of them, from 1 on, has that fault */
	u_int faulty;
	fake_fault_t fault;
} fake_kernel_t;

extern fake_kernel_t fake_kernel;

/**
 * Create a socket for requests to the kernel, which is fake_kernel.
 */
mobility_xfrm_t *fake_kernel_create_xfrm(void);

/**
 * Find an SA, -1 if there is none.
 *
 * @param spi		SPI in network order
 */
int fake_kernel_find_sa(host_t *dst, uint32_t spi);

/**
 * Add an SA that is not there.
 *
 * @param spi		SPI in network order
 */
void fake_kernel_add_sa(host_t *src, host_t *dst, uint32_t spi, uint32_t reqid,
						bool encap);

/**
 * Allocate the SPI of an SA.
 *
 * @param spi		SPI in network order
 */
void fake_kernel_allocate(host_t *src, host_t *dst, uint32_t spi);

/**
 * Remove an SA, as far as there is one.
 *
 * @param i			what fake_kernel_find_sa() returned
 */
void fake_kernel_remove_sa(int i);

/**
 * Add a policy, or replace it.
 */
void fake_kernel_add_policy(const mobility_xfrm_move_t *move);

#endif /** FAKE_KERNEL_H_ @}*/
