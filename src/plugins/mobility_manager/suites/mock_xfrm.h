/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mock_xfrm mock_xfrm
 * @{ @ingroup mobility_suite
 *
 * The kernel's SAs, as far as their counters and the events about them are
 * concerned, which come when they would from the kernel.  The time is that of
 * fake_clock, nothing happens but what tests ask for.
 */

#ifndef MOCK_XFRM_H_
#define MOCK_XFRM_H_

#include "esp/xfrm_events.h"
#include "esp/xfrm.h"

/**
 * Set up a kernel without SAs, and libstrongswan's watcher so that it is only
 * mock_xfrm_run() which calls back.
 */
void mock_xfrm_setup(void);

/**
 * Undo mock_xfrm_setup(). Sockets have to be closed and not watched anymore.
 */
void mock_xfrm_teardown(void);

/**
 * Open a socket for requests, there can be one.
 *
 * @return			socket
 */
mobility_xfrm_t *mock_xfrm_create(void);

/**
 * Open a socket for events, there can be one.
 *
 * @return			socket
 */
mobility_xfrm_events_t *mock_xfrm_create_events(void);

/**
 * Get an ID of an SA without a mark.
 *
 * @param dst		destination address
 * @param spi		SPI in host order
 * @return			ID
 */
mobility_sa_id_t mock_xfrm_id(char *dst, uint32_t spi);

/**
 * Install an SA, which has counted nothing.
 *
 * @param id		ID
 */
void mock_xfrm_add(mobility_sa_id_t id);

/**
 * Delete an SA.
 *
 * @param id		ID
 */
void mock_xfrm_del(mobility_sa_id_t id);

/**
 * Have packets leave by an SA, with what events that makes. Returns at once.
 *
 * @param id		ID
 * @param count		number of packets
 */
void mock_xfrm_send(mobility_sa_id_t id, u_int count);

/**
 * Have packets come in by an SA.
 *
 * @param id		ID
 * @param count		number of packets
 * @param lost		number of packets that got lost before the last of them
 */
void mock_xfrm_receive(mobility_sa_id_t id, u_int count, u_int lost);

/**
 * Have events of the time that has passed, and the watcher call whoever waits
 * for events if there are any.
 *
 * @return			TRUE if there were
 */
bool mock_xfrm_run(void);

/**
 * Lose all events that are queued. The socket says so.
 */
void mock_xfrm_overrun(void);

/**
 * Have requests fail.
 *
 * @param error		errno, 0 to have them answered again
 */
void mock_xfrm_fail(int error);

/**
 * Have listening to events fail.
 *
 * @param error		errno, 0 to have it work again
 */
void mock_xfrm_fail_listen(int error);

/**
 * Get the number of requests.
 *
 * @return			number of requests since this was called last
 */
u_int mock_xfrm_requests(void);

/**
 * Get the number of SPIs in the filter for events.
 *
 * @return			number of them, -1 if there is no filter, -2 if nobody
 *					listens
 */
int mock_xfrm_filter(void);

/**
 * Have the kernel answer no more requests until it is told to.
 */
void mock_xfrm_block(void);

/**
 * Wait until somebody waits for the answer to a request.
 */
void mock_xfrm_wait(void);

/**
 * Have the kernel answer requests again.
 */
void mock_xfrm_unblock(void);

#endif /** MOCK_XFRM_H_ @}*/
