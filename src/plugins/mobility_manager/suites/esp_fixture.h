/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup esp_fixture esp_fixture
 * @{ @ingroup mobility_suite
 *
 * Two networks with an Ethernet cable and real ESP between them. The test is in
 * one of them; in the other one a peer answers.
 */

#ifndef ESP_FIXTURE_H_
#define ESP_FIXTURE_H_

#include "mobility_netns.h"

#include "esp/xfrm.h"

/** Addresses of the test and of the peer */
#define ESP_LOCAL "10.9.0.1"
#define ESP_PEER "10.9.0.2"

/** Ports of the peer, each is a tunnel of its own */
#define ESP_PORT_A 7
#define ESP_PORT_B 9

/**
 * What the peer does with a packet.
 */
typedef enum {
	/** nothing */
	ESP_NO_ANSWER,
	/** send it back */
	ESP_ANSWER,
	/** send it back, but it gets lost on the way */
	ESP_ANSWER_LOST,
} esp_answer_t;

/**
 * Check if there are networks and a kernel with ESP. If not, says so.
 *
 * @return			TRUE if available
 */
bool esp_available(void);

/**
 * Fixture that sets up everything but SAs, with some threads.
 */
void esp_setup(void);

/**
 * Fixture that undoes esp_setup().
 */
void esp_teardown(void);

/**
 * Install the SAs of a tunnel at both ends. Their SPIs are spi for what comes
 * in and spi + 0x1000 for what leaves.
 *
 * @param port		port the tunnel is for
 * @param spi		SPI in host order
 * @param options	further options of ip xfrm state
 */
void esp_add(int port, uint32_t spi, const char *options);

/**
 * Delete the SAs of a tunnel.
 *
 * @param spi		SPI in host order, as given to esp_add()
 */
void esp_del(uint32_t spi);

/**
 * Get the inbound SA of a tunnel.
 *
 * @param spi		SPI in host order, as given to esp_add()
 * @return			SA
 */
mobility_sa_id_t esp_in(uint32_t spi);

/**
 * Get the outbound SA of a tunnel.
 *
 * @param spi		SPI in host order, as given to esp_add()
 * @return			SA
 */
mobility_sa_id_t esp_out(uint32_t spi);

/**
 * Send a packet to the peer.
 *
 * @param port		port
 * @param answer	what the peer does with it
 */
void esp_send(int port, esp_answer_t answer);

/**
 * Let packets of one end get lost from now on, on the cable.
 *
 * @param peer		those of the peer, else ours
 * @param lose		FALSE to let them pass again
 */
void esp_lose(bool peer, bool lose);

/**
 * Send packets until a condition is met, 5 ms apart.
 */
#define esp_send_until(port, answer, condition) ({ \
	uint64_t _end = mobility_netns_now() + MOBILITY_NETNS_TIMEOUT; \
	while (!(condition)) \
	{ \
		ck_assert_msg(mobility_netns_now() < _end, \
					  "sent in vain for: " #condition); \
		esp_send(port, answer); \
		usleep(5000); \
	} \
})

#endif /** ESP_FIXTURE_H_ @}*/
