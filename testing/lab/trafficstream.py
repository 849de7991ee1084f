# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""The two ends of the traffic tool.

Each end is one process with one loop.  The client is the one that is asked
things, over a Unix socket: every packet of the server tells the last number it
has seen, so the client alone knows whether both directions work.
"""

import itertools
import os
import selectors
import signal
import socket
import struct
import sys
import time

from . import paths, trafficlog

PORT = 7000
PACKET = struct.Struct("!4sIQII16s16s")
MAGIC = b"mmt1"
SIZE = 120
RECORD = 64
GRACE = 0.3
START_TIME = 15
SO_RCVBUFFORCE = 33     # <asm-generic/socket.h>


def _now():
    return time.time_ns()


def detach():
    """To the background, without what the caller waits for."""
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    log = os.open("/var/log/traffic.err", os.O_WRONLY | os.O_CREAT
                  | os.O_APPEND, 0o644)
    for target, source in ((0, null), (1, log), (2, log)):
        os.dup2(source, target)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def pauses(rate, pattern, column):
    """Seconds between packets of one direction, without end: those of a rate, or
    of a pattern, whose columns 1 and 2 are what leaves the client and comes
    back."""
    if not pattern:
        yield from itertools.repeat(1 / rate)
    text = (paths.PATTERNS / pattern).read_text(encoding="ascii")
    phases = [line.split() for line in text.splitlines()
              if line and line[0] != "#"]
    pause = 0
    for phase in itertools.cycle(phases):
        length = int(phase[0])
        if phase[column] == "-":
            pause += length
            continue
        every = int(phase[column])
        for when in range(0, length, every):
            yield pause / 1000
            pause = min(every, length - when)


class Recorder:
    """Files of one client's traffic; a line is one write, never half."""

    def __init__(self, name):
        results = os.environ["LAB_RESULTS"]
        os.makedirs(trafficlog.folder(results), exist_ok=True)
        self._path = lambda what: trafficlog.file_name(results, name, what)
        self._files = {}

    def write(self, what, *values):
        if what not in self._files:
            self._files[what] = os.open(self._path(what), os.O_WRONLY
                                        | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(self._files[what],
                 (" ".join(map(str, values)) + "\n").encode())


class Loop:
    """Sockets and timers."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self._timers = []

    def watch(self, sock, handler):
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, handler)

    def forget(self, sock):
        self._selector.unregister(sock)
        sock.close()

    def every(self, seconds, handler):
        """Calls until the handler returns False."""
        self.paced(itertools.repeat(seconds), handler)

    def paced(self, between, handler):
        """The same with the pauses that an iterator tells."""
        self._timers.append([time.monotonic() + next(between), between,
                             handler])

    def run(self):
        while self._timers or self._selector.get_map():
            now = time.monotonic()
            for timer in list(self._timers):
                if timer[0] <= now:
                    # from the plan, not from now, or the pace drifts
                    pause = next(timer[1])
                    timer[0] = max(timer[0] + pause, now - pause)
                    if timer[2]() is False:
                        self._timers.remove(timer)
            soonest = min((timer[0] for timer in self._timers),
                          default=now + 1)
            for key, _ in self._selector.select(
                    max(0, soonest - time.monotonic())):
                if key.fileobj.fileno() >= 0:
                    key.data()


class Stream:
    """One end of one client's UDP stream."""

    def __init__(self, name, rate, pattern, sender, ways):
        self.rate = rate
        self.pattern = pattern
        self.number = 0
        self.seen = 0
        self.acknowledged = 0
        self.last_sent = 0      # when the newest packet we got was sent
        self.running = True
        self.name = name
        self._sender = sender
        self._out, self._in = ways
        self._recorder = Recorder(name)

    def tick(self):
        if not self.running:
            return False
        self.number += 1
        now = _now()
        packet = PACKET.pack(MAGIC, self.number, now, self.seen, self.rate,
                             self.name.encode(), self.pattern.encode()
                             ).ljust(SIZE, b"\0")
        self._recorder.write(f"udp-{self._out}-sent", self.number, now)
        try:
            self._sender(packet)
        except OSError:
            # counts as lost, as it does for who sent it
            pass
        return True

    def got(self, fields):
        _, number, sent, seen, *_ = fields
        self._recorder.write(f"udp-{self._in}-received", number, sent, _now())
        self.seen = max(self.seen, number)
        self.acknowledged = max(self.acknowledged, seen)
        self.last_sent = max(self.last_sent, sent)


def _parse(packet):
    if len(packet) < PACKET.size:
        return None, None
    fields = PACKET.unpack_from(packet)
    return (fields, _text(fields[5])) if fields[0] == MAGIC \
        else (None, None)


def _text(field):
    return field.rstrip(b"\0").decode()


def _udp_socket(family):
    """One that loses nothing while its process has to wait for a CPU."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
    return sock


class Echo:
    """Sends as much as it gets.  After an outage much comes at once: what can't
    be sent yet follows with what comes next."""

    def __init__(self, loop, connection):
        self._loop = loop
        self._connection = connection
        self._owed = 0

    def data(self):
        try:
            received = len(self._connection.recv(65536))
            if received:
                self._owed += received
                self._owed -= self._connection.send(bytes(self._owed))
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._loop.forget(self._connection)


class Server:
    def __init__(self):
        self._loop = Loop()
        self._streams = {}
        self._addresses = {}
        self._udp = _udp_socket(socket.AF_INET6)
        self._udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._udp.bind(("::", PORT))
        self._tcp = socket.create_server(("::", PORT), family=socket.AF_INET6,
                                         dualstack_ipv6=True, backlog=64)
        self._loop.watch(self._udp, self._packet)
        self._loop.watch(self._tcp, self._accept)

    def run(self):
        self._loop.run()

    def _packet(self):
        packet, address = self._udp.recvfrom(2048)
        fields, name = _parse(packet)
        if not fields:
            return
        self._addresses[name] = address
        stream = self._streams.get(name)
        if not stream:
            stream = self._streams[name] = Stream(
                name, fields[4], _text(fields[6]),
                lambda data: self._udp.sendto(data, self._addresses[name]),
                ("in", "out"))
            self._loop.paced(pauses(stream.rate, stream.pattern, 2),
                             stream.tick)
        if fields[4] == 0:
            stream.running = False
            return
        stream.got(fields)

    def _accept(self):
        connection, _ = self._tcp.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.watch(connection, Echo(self._loop, connection).data)


class Client:
    def __init__(self, name, peer, rate, pattern, source, with_tcp):
        self._loop = Loop()
        self._waiting = []
        family = socket.AF_INET6 if ":" in peer else socket.AF_INET
        self._udp = _udp_socket(family)
        if source:
            self._udp.bind((source, 0))
        self._udp.connect((peer, PORT))
        self._stream = Stream(name, rate, pattern, self._udp.send,
                              ("out", "in"))
        self._recorder = Recorder(name)
        self._tcp = None
        self._tcp_sent = self._tcp_back = 0
        if with_tcp:
            self._tcp = socket.create_connection(
                (peer, PORT), timeout=START_TIME,
                source_address=(source, 0) if source else None)
            self._tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._loop.watch(self._tcp, self._tcp_data)
            self._loop.every(1 / rate, self._tcp_tick)
        self._control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control.bind(_control_path(name))
        self._control.listen(8)
        self._loop.watch(self._udp, self._packet)
        self._loop.watch(self._control, self._asked)
        self._loop.paced(pauses(rate, pattern, 1), self._stream.tick)
        self._loop.every(0.02, self._answer)

    def run(self):
        self._loop.run()

    def _packet(self):
        try:
            fields, _ = _parse(self._udp.recv(2048))
        except OSError:
            return
        if fields:
            self._stream.got(fields)

    def _tcp_tick(self):
        if not self._tcp or not self._stream.running:
            return False
        try:
            self._tcp_sent += self._tcp.send(bytes(RECORD))
        except BlockingIOError:
            pass
        except OSError as error:
            self._tcp_over(error)
            return False
        return True

    def _tcp_data(self):
        try:
            data = self._tcp.recv(65536)
            if not data:
                raise ConnectionError("closed by the peer")
            self._tcp_back += len(data)
            self._recorder.write("tcp", _now(), "bytes", self._tcp_back)
        except BlockingIOError:
            pass
        except OSError as error:
            self._tcp_over(error)

    def _tcp_over(self, error):
        self._recorder.write("tcp", _now(), "reset",
                             str(error).replace(" ", "-"))
        self._loop.forget(self._tcp)
        self._tcp = None

    def _asked(self):
        caller, _ = self._control.accept()
        words = caller.makefile("r").readline().split()
        if words[0] == "stop":
            self._stop(caller)
            return
        self._waiting.append({
            "caller": caller, "what": words[1], "since": _now(),
            "number": self._stream.number + 1, "tcp": self._tcp_sent,
            "end": time.monotonic() + float(words[2]),
        })

    def _stop(self, caller):
        """Takes what is still under way, so that it does not count as lost."""
        self._stream.running = False
        try:
            self._udp.send(PACKET.pack(MAGIC, 0, 0, 0, 0,
                                       self._stream.name.encode(), b""))
        except OSError:
            pass

        def finish():
            os.unlink(self._control.getsockname())
            caller.sendall(b"stopped\n")
            os._exit(0)
        self._loop.every(GRACE, finish)

    def _answer(self):
        """Tells those who wait that what was sent since then has arrived."""
        for wait in list(self._waiting):
            missing = []
            if wait["what"] != "tcp":
                if self._stream.acknowledged < wait["number"]:
                    missing.append("udp out")
                if self._stream.last_sent < wait["since"]:
                    missing.append("udp in")
            if wait["what"] != "udp":
                if not self._tcp:
                    missing.append("tcp, which is over")
                elif self._tcp_back <= wait["tcp"]:
                    missing.append("tcp")
            if missing and time.monotonic() < wait["end"]:
                continue
            text = "no " + ", ".join(missing) if missing else "traffic flows"
            try:
                wait["caller"].sendall((text + "\n").encode())
            except OSError:
                pass
            wait["caller"].close()
            self._waiting.remove(wait)
        return True


def _control_path(name):
    return f"/run/traffic.{name}"


def serve():
    server = Server()
    # the sockets are there, so a client may come at once
    detach()
    server.run()
    return 0


def start(name, peer, rate, pattern, source, with_tcp):
    client = Client(name, peer, rate, pattern, source, with_tcp)
    if os.fork() == 0:
        detach()
        client.run()
        os._exit(0)
    if pattern:
        # which may take its time until something comes back
        return 0
    return ask(name, f"wait {'all' if with_tcp else 'udp'} {START_TIME}")


def ask(name, question):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(_control_path(name))
        except OSError:
            print("no traffic was started")
            return 1
        sock.sendall((question + "\n").encode())
        answer = sock.makefile("r").readline().strip()
    print(answer or "the traffic tool died")
    return 0 if answer in ("traffic flows", "stopped") else 1


if __name__ == "__main__":
    sys.exit("this is a part of the traffic tool")
