/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "esp_fixture.h"
#include "mock_xfrm.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/** mark and routing table for what is to get lost */
#define LOST 99

/** offset of outbound SPIs to inbound ones */
#define OUT 0x1000

/** an SA, with a cipher that all kernels with ESP have */
#define ALGORITHM "aead 'rfc4106(gcm(aes))' " \
				  "0x0102030405060708090a0b0c0d0e0f1011121314 128"

/**
 * Process of the peer
 */
static pid_t peer;

/**
 * Socket to send from
 */
static int sock;

/*
 * Described in header
 */
bool esp_available(void)
{
	int status;
	pid_t pid;

	if (!mobility_netns_available())
	{
		return FALSE;
	}
	pid = fork();
	if (pid == 0)
	{
		_exit(unshare(CLONE_NEWNET) == 0 &&
			  system("ip xfrm state add src " ESP_LOCAL " dst " ESP_PEER
					 " proto esp spi 1 mode transport " ALGORITHM
					 " >/dev/null 2>&1") == 0 ? 0 : 1);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		WEXITSTATUS(status) == 0)
	{
		return TRUE;
	}
	fprintf(stderr, "# the kernel has no ESP (CONFIG_INET_ESP, "
			"CONFIG_CRYPTO_GCM): tests that need it are left out\n");
	return FALSE;
}

/**
 * Run the ip command at the peer
 */
#define peer_ip(fmt, ...) \
	ck_assert(mobility_netns_run("nsenter -n -t %d ip " fmt, (int)peer, \
								 ##__VA_ARGS__))

/**
 * Open a socket for UDP
 */
static int open_socket(const char *addr, int port)
{
	host_t *host;
	int fd;

	host = host_create_from_string((char*)addr, port);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
		bind(fd, host->get_sockaddr(host), *host->get_sockaddr_len(host)) != 0)
	{
		fd = -1;
	}
	host->destroy(host);
	return fd;
}

/**
 * Send a packet back, with a mark if it is to get lost
 */
static void answer(int fd, const char *buf, ssize_t len,
				   const struct sockaddr_in *to)
{
	int mark = buf[0] == ESP_ANSWER_LOST ? LOST : 0;

	setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	sendto(fd, buf, len, 0, (struct sockaddr*)to, sizeof(*to));
}

/**
 * What the peer does: send packets back whose first byte asks for it
 */
static void run_peer()
{
	struct pollfd fds[] = {
		{ .fd = open_socket(ESP_PEER, ESP_PORT_A), .events = POLLIN },
		{ .fd = open_socket(ESP_PEER, ESP_PORT_B), .events = POLLIN },
	};
	struct sockaddr_in from;
	socklen_t fromlen;
	char buf[64];
	ssize_t len;
	int i;

	while (poll(fds, countof(fds), -1) > 0)
	{
		for (i = 0; i < countof(fds); i++)
		{
			fromlen = sizeof(from);
			len = (fds[i].revents & POLLIN) ?
						recvfrom(fds[i].fd, buf, sizeof(buf), 0,
								 (struct sockaddr*)&from, &fromlen) : 0;
			if (len > 0 && buf[0] != ESP_NO_ANSWER)
			{
				answer(fds[i].fd, buf, len, &from);
			}
		}
	}
}

/**
 * Start the peer in a network of its own, and plug it in
 */
static void start_peer()
{
	int ready[2], go[2];
	char byte = 0;

	ck_assert(pipe(ready) == 0 && pipe(go) == 0);
	peer = fork();
	if (peer == 0)
	{
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0 && write(ready[1], &byte, 1) == 1 &&
			read(go[0], &byte, 1) == 1)
		{
			run_peer();
		}
		_exit(1);
	}
	ck_assert(peer > 0 && read(ready[0], &byte, 1) == 1);
	mobility_netns_ip("link add eth0 address 02:00:00:00:00:01 type veth "
					  "peer name eth0 address 02:00:00:00:00:02 netns %d",
					  (int)peer);
	peer_ip("addr add " ESP_PEER "/24 dev eth0");
	peer_ip("link set eth0 up");
	mobility_netns_ip("addr add " ESP_LOCAL "/24 dev eth0");
	mobility_netns_ip("link set eth0 up");
	esp_lose(FALSE, FALSE);
	esp_lose(TRUE, FALSE);
	/* where nobody is */
	peer_ip("link add lost type veth peer name nowhere");
	peer_ip("link set lost up");
	peer_ip("link set nowhere up");
	peer_ip("neigh add " ESP_LOCAL " dev lost lladdr 02:00:00:00:00:99 "
			"nud permanent");
	peer_ip("route add " ESP_LOCAL " dev lost table %d", LOST);
	peer_ip("rule add fwmark %d lookup %d", LOST, LOST);
	ck_assert(write(go[1], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
}

/*
 * Described in header
 */
void esp_setup(void)
{
	mobility_netns_setup();
	start_peer();
	sock = open_socket(ESP_LOCAL, 0);
	ck_assert(sock != -1);
	lib->processor->set_threads(lib->processor, 4);
}

/*
 * Described in header
 */
void esp_teardown(void)
{
	lib->processor->cancel(lib->processor);
	close(sock);
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
	mobility_suite_teardown();
}

/*
 * Described in header
 */
void esp_add(int port, uint32_t spi, const char *options)
{
	const char *state = "xfrm state add src %s dst %s proto esp spi %u "
						"reqid %d mode transport %s " ALGORITHM;
	const char *policy = "xfrm policy update src %s dst %s proto udp %s %d "
						 "dir out tmpl proto esp mode transport reqid %d";
	const char *ends[] = { ESP_LOCAL, ESP_PEER };
	char command[512];
	int i;

	for (i = 0; i < 2; i++)
	{
		snprintf(command, sizeof(command), state, ends[i], ends[!i],
				 i ? spi : spi + OUT, port, options);
		mobility_netns_ip("%s", command);
		peer_ip("%s", command);
	}
	snprintf(command, sizeof(command), policy, ESP_LOCAL, ESP_PEER, "dport",
			 port, port);
	mobility_netns_ip("%s", command);
	snprintf(command, sizeof(command), policy, ESP_PEER, ESP_LOCAL, "sport",
			 port, port);
	peer_ip("%s", command);
}

/*
 * Described in header
 */
void esp_del(uint32_t spi)
{
	const char *state = "xfrm state delete dst %s proto esp spi %u";
	const char *ends[] = { ESP_LOCAL, ESP_PEER };
	char command[512];
	int i;

	for (i = 0; i < 2; i++)
	{
		snprintf(command, sizeof(command), state, ends[i], i ? spi + OUT : spi);
		mobility_netns_ip("%s", command);
		peer_ip("%s", command);
	}
}

/*
 * Described in header
 */
mobility_sa_id_t esp_in(uint32_t spi)
{
	return mock_xfrm_id(ESP_LOCAL, spi);
}

/*
 * Described in header
 */
mobility_sa_id_t esp_out(uint32_t spi)
{
	return mock_xfrm_id(ESP_PEER, spi + OUT);
}

/*
 * Described in header
 */
void esp_send(int port, esp_answer_t answer)
{
	char buf[64] = { answer };
	host_t *host;

	host = host_create_from_string(ESP_PEER, port);
	/* fails without SAs */
	ignore_result(sendto(sock, buf, sizeof(buf), MSG_DONTWAIT,
						 host->get_sockaddr(host),
						 *host->get_sockaddr_len(host)));
	host->destroy(host);
}

/*
 * Described in header
 */
void esp_lose(bool at_peer, bool lose)
{
	if (at_peer)
	{
		peer_ip("neigh replace " ESP_LOCAL " dev eth0 lladdr "
				"02:00:00:00:00:%s nud permanent", lose ? "99" : "01");
	}
	else
	{
		mobility_netns_ip("neigh replace " ESP_PEER " dev eth0 lladdr "
						  "02:00:00:00:00:%s nud permanent",
						  lose ? "99" : "02");
	}
}
