/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_datagram mobility_datagram
 * @{ @ingroup mobility_manager
 *
 * A UDP datagram from a port that is somebody else's.  In several IP packets,
 * whatever the kernel believes of the path: to who gets it, it is the same as in
 * one.  Or with a mark, by which rules of policy routing know it.
 */

#ifndef MOBILITY_DATAGRAM_H_
#define MOBILITY_DATAGRAM_H_

#include <networking/host.h>

/** What any path takes in one packet: all of IPv6 must (RFC 8200, 5). */
#define MOBILITY_MTU_FLOOR 1280

/**
 * Send a datagram in at least two IP packets, none larger than
 * MOBILITY_MTU_FLOOR.  Does not block.
 *
 * @param source		address and port it comes from
 * @param destination	address and port it is for, of the same family
 * @param dscp			DSCP of the packets
 * @param data			what is in it, more than 8 bytes
 * @return				FALSE if they could not be sent
 */
bool mobility_datagram_send_in_parts(host_t *source, host_t *destination,
									 uint8_t dscp, chunk_t data);

/**
 * Send a datagram in one IP packet that has a mark.  Does not block.
 *
 * @param source		address and port it comes from
 * @param destination	address and port it is for, of the same family
 * @param dscp			DSCP of the packet
 * @param mark			mark
 * @param data			what is in it
 * @return				FALSE if it could not be sent
 */
bool mobility_datagram_send_marked(host_t *source, host_t *destination,
								   uint8_t dscp, uint32_t mark, chunk_t data);

#endif /** MOBILITY_DATAGRAM_H_ @}*/
