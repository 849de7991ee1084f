/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * Copyright (C) 2026 The mobility-manager developers
 */

/*
 * Paced UDP in both directions, with every packet written down, for the
 * benchmarks: as traffic(1) of this folder does it, but exact and cheap enough
 * for an emulated processor.
 *
 *   pace serve                      on the host behind the gateway
 *   pace start PEER RATE NAME...    on the client: RATE NAME for each stream
 *   pace stop                       ends what was started on this host
 *
 * The logs are those of trafficlog.py; they are at most FLUSH old.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#define PORT 7100
#define SIZE 120
#define STREAMS 16
#define PIDFILE "/run/pace.pid"
#define SECOND 1000000000ull
#define FLUSH (SECOND / 10)
/** So much waits for us before anything is lost for that reason. */
#define BUFFER (1 << 22)

/** Both ends are the same program on the same machine. */
typedef struct {
	uint32_t magic;
	uint32_t rate;
	uint64_t number;
	uint64_t sent;
	char name[32];
} packet_t;

#define MAGIC 0x70616365

/** One end of a stream. */
typedef struct {
	char name[32];
	uint32_t rate;
	uint64_t number;
	uint64_t due;
	FILE *sent;
	FILE *received;
	struct sockaddr_in peer;
} stream_t;

static stream_t streams[STREAMS];
static int count;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "pace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static FILE *open_log(const char *name, const char *what)
{
	const char *results = getenv("LAB_RESULTS");
	char path[4096];
	FILE *file;

	if (!results)
	{
		results = ".";
	}
	snprintf(path, sizeof(path), "%s/traffic", results);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/traffic/%s-udp-%s.log", results, name,
			 what);
	file = fopen(path, "a");
	if (!file)
	{
		die(path);
	}
	setvbuf(file, NULL, _IOFBF, 1 << 20);
	return file;
}

static stream_t *add_stream(const char *name, uint32_t rate, bool client)
{
	stream_t *stream = &streams[count];

	if (count == STREAMS || !rate)
	{
		return NULL;
	}
	count++;
	snprintf(stream->name, sizeof(stream->name), "%s", name);
	stream->rate = rate;
	stream->due = now();
	stream->sent = open_log(name, client ? "out-sent" : "in-sent");
	stream->received = open_log(name, client ? "in-received" : "out-received");
	return stream;
}

static stream_t *find_stream(const char *name)
{
	int i;

	for (i = 0; i < count; i++)
	{
		if (!strcmp(streams[i].name, name))
		{
			return &streams[i];
		}
	}
	return NULL;
}

/** What cannot be sent counts as lost, as it does for who sent it. */
static void send_packet(int fd, stream_t *stream)
{
	union {
		packet_t fields;
		char bytes[SIZE];
	} packet = { .fields = { .magic = MAGIC, .rate = stream->rate } };

	packet.fields.number = ++stream->number;
	packet.fields.sent = now();
	memcpy(packet.fields.name, stream->name, sizeof(stream->name));
	fprintf(stream->sent, "%llu %llu\n",
			(unsigned long long)packet.fields.number,
			(unsigned long long)packet.fields.sent);
	if (sendto(fd, &packet, sizeof(packet), 0,
			   (struct sockaddr*)&stream->peer, sizeof(stream->peer)) < 0)
	{
		return;
	}
}

static void receive_packet(int fd, bool client)
{
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	stream_t *stream;
	packet_t packet;

	if (recvfrom(fd, &packet, sizeof(packet), MSG_TRUNC | MSG_DONTWAIT,
				 (struct sockaddr*)&from, &length) != SIZE ||
		packet.magic != MAGIC)
	{
		return;
	}
	packet.name[sizeof(packet.name) - 1] = '\0';
	stream = find_stream(packet.name);
	if (!stream && !client)
	{
		stream = add_stream(packet.name, packet.rate, false);
	}
	if (!stream)
	{
		return;
	}
	stream->peer = from;
	fprintf(stream->received, "%llu %llu %llu\n",
			(unsigned long long)packet.number, (unsigned long long)packet.sent,
			(unsigned long long)now());
}

/** Sends what is due, returns when the next is. */
static uint64_t send_due(int fd)
{
	uint64_t time = now(), next = time + FLUSH;
	int i;

	for (i = 0; i < count; i++)
	{
		if (streams[i].due <= time)
		{
			send_packet(fd, &streams[i]);
			streams[i].due += SECOND / streams[i].rate;
			if (streams[i].due < time)
			{	/* what was missed is not sent all at once */
				streams[i].due = time + SECOND / streams[i].rate;
			}
		}
		if (streams[i].due < next)
		{
			next = streams[i].due;
		}
	}
	return next;
}

static void flush_logs(void)
{
	int i;

	for (i = 0; i < count; i++)
	{
		fflush(streams[i].sent);
		fflush(streams[i].received);
	}
}

static void run(int fd, bool client)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	uint64_t time, next, flushed = now();
	struct timespec left;

	while (!stopped)
	{
		next = send_due(fd);
		time = now();
		if (time - flushed >= FLUSH)
		{
			flush_logs();
			flushed = time;
		}
		left.tv_sec = 0;
		left.tv_nsec = next > time ? next - time : 0;
		if (ppoll(&pollfd, 1, &left, NULL) > 0)
		{
			receive_packet(fd, client);
		}
	}
	flush_logs();
}

/** To the background, before all other processes of this machine. */
static void detach(void)
{
	struct sched_param param = { .sched_priority = 1 };
	FILE *file;
	int null;

	if (fork())
	{
		_exit(0);
	}
	setsid();
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	sched_setscheduler(0, SCHED_RR, &param);
	file = fopen(PIDFILE, "w");
	if (file)
	{
		fprintf(file, "%d\n", getpid());
		fclose(file);
	}
}

static int stop_started(void)
{
	FILE *file = fopen(PIDFILE, "r");
	int pid = 0;

	if (!file)
	{
		return 0;
	}
	if (fscanf(file, "%d", &pid) == 1 && kill(pid, SIGTERM) == 0)
	{
		while (kill(pid, 0) == 0)
		{
			usleep(10000);
		}
	}
	fclose(file);
	unlink(PIDFILE);
	return 0;
}

int main(int argc, char *argv[])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	bool client = argc >= 5 && argc % 2 && !strcmp(argv[1], "start");
	stream_t *stream;
	int fd, i, buffer = BUFFER;

	if (argc == 2 && !strcmp(argv[1], "stop"))
	{
		return stop_started();
	}
	if (!client && !(argc == 2 && !strcmp(argv[1], "serve")))
	{
		fprintf(stderr, "usage: pace serve | start PEER RATE NAME... | stop\n");
		return 2;
	}
	signal(SIGTERM, stop);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	address.sin_port = htons(client ? 0 : PORT);
	if (fd < 0 || bind(fd, (struct sockaddr*)&address, sizeof(address)) < 0)
	{
		die("socket");
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	address.sin_port = htons(PORT);
	if (client && inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)
	{
		errno = EINVAL;
		die(argv[2]);
	}
	/* this chooses the source, which is the address in the tunnel: without
	 * the tunnel, another one would be chosen for each packet */
	if (client &&
		connect(fd, (struct sockaddr*)&address, sizeof(address)) < 0)
	{
		die(argv[2]);
	}
	for (i = 3; client && i < argc; i += 2)
	{
		stream = add_stream(argv[i + 1], atoi(argv[i]), true);
		if (!stream)
		{
			errno = EINVAL;
			die(argv[i]);
		}
		stream->peer = address;
	}
	detach();
	run(fd, client);
	return 0;
}
