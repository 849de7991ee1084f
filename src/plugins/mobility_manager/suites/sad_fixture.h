/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sad_fixture sad_fixture
 * @{ @ingroup mobility_suite
 *
 * What is asked of a mobility_xfrm_migrate_t.
 */

#ifndef SAD_FIXTURE_H_
#define SAD_FIXTURE_H_

#include "mobility_suite.h"

#include <netinet/in.h>

#include "esp/xfrm_migrate.h"

/** SPI in host order and reqid of the SA under test */
#define SAD_SPI 0x100
#define SAD_REQID 7

/**
 * Create a move of the SA from one pair of addresses to another one, outbound
 * and without traffic selectors.
 *
 * @param src		source address
 * @param dst		destination address
 * @param new_src	source address from now on
 * @param new_dst	destination address from now on
 * @param port		port of UDP encapsulation, 0 if there is none
 * @return			move, for sad_destroy_move()
 */
mobility_xfrm_move_t sad_create_move(char *src, char *dst, char *new_src,
									 char *new_dst, uint16_t port);

/**
 * Create the traffic selectors of a move.
 *
 * @param move		gets them
 * @param src		source subnet
 * @param dst		destination subnet
 * @param proto		protocol, 0 for all
 * @param from		first destination port
 * @param to		last destination port
 */
void sad_create_ts(mobility_xfrm_move_t *move, char *src, char *dst,
				   uint8_t proto, uint16_t from, uint16_t to);

/**
 * Free what a move refers to.
 *
 * @param move		move
 */
void sad_destroy_move(mobility_xfrm_move_t *move);

/**
 * Get the ID of an SA.
 *
 * @param dst		destination address
 * @param spi		SPI in host order
 * @return			ID
 */
mobility_sa_id_t sad_get_id(host_t *dst, uint32_t spi);

#endif /** SAD_FIXTURE_H_ @}*/
