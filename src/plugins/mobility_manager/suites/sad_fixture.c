/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sad_fixture.h"

/*
 * Described in header
 */
void sad_create_ts(mobility_xfrm_move_t *move, char *src, char *dst,
				   uint8_t proto, uint16_t from, uint16_t to)
{
	move->src_ts = traffic_selector_create_from_cidr(src, proto, 0, 65535);
	move->dst_ts = traffic_selector_create_from_cidr(dst, proto, from, to);
}

/*
 * Described in header
 */
mobility_xfrm_move_t sad_create_move(char *src, char *dst, char *new_src,
									 char *new_dst, uint16_t port)
{
	mobility_xfrm_move_t move = {
		.dir = POLICY_OUT,
		.reqid = SAD_REQID,
		.spi = htonl(SAD_SPI),
		.src = host_create_from_string(src, port),
		.dst = host_create_from_string(dst, port),
		.new_src = host_create_from_string(new_src, port),
		.new_dst = host_create_from_string(new_dst, port),
		.encap = port != 0,
	};

	return move;
}

/*
 * Described in header
 */
void sad_destroy_move(mobility_xfrm_move_t *move)
{
	DESTROY_IF(move->src_ts);
	DESTROY_IF(move->dst_ts);
	move->src->destroy(move->src);
	move->dst->destroy(move->dst);
	move->new_src->destroy(move->new_src);
	move->new_dst->destroy(move->new_dst);
}

/*
 * Described in header
 */
mobility_sa_id_t sad_get_id(host_t *dst, uint32_t spi)
{
	return mobility_sa_id_create(dst, IPPROTO_ESP, htonl(spi), (mark_t){});
}
