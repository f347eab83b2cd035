/* SPDX-License-Identifier: MIT */
#include "post_office.h"

enum { PADDING = 64 };

og__loop *loop;
const char *const endpoints[ENDPOINTS] = {"udp://127.0.0.1:0", "udp://[::1]:0", "udp://*:0"};

/* ---- The wrapped calls ---- */

calls_seen calls;

/* The names that the linker gives to what is wrapped.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout);
int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len);

static size_t cut_of(const struct msghdr *message)
{
    uint16_t size = 0;
    const struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (header) memcpy(&size, CMSG_DATA(header), sizeof size);
    return size;
}

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    if (calls.received < MOST) calls.asked[calls.received] = count;
    calls.received++;
    return calls.make ? calls.make(messages, count) : __real_recvmmsg(fd, messages, count, flags, timeout);
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    unsigned good = 0;
    while (good < count) {
        size_t size = cut_of(&messages[good].msg_hdr);
        if (calls.refuse_cut && size > 0 && size >= calls.refuse_from) break;
        good++;
    }
    if (good == 0) {
        calls.refused++;
        errno = calls.refuse_cut;
        return -1;
    }
    int n = __real_sendmmsg(fd, messages, good, flags);
    for (int i = 0; i < n && calls.sent < MOST; i++) {
        calls.pieces[calls.sent] = messages[i].msg_hdr.msg_iovlen;
        calls.sizes[calls.sent++] = cut_of(&messages[i].msg_hdr);
    }
    return n;
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    bool gro = level == SOL_UDP && option == UDP_GRO;
    calls.gro += gro;
    if (!gro || !calls.refuse_gro) return __real_setsockopt(fd, level, option, value, len);
    errno = calls.refuse_gro;
    return -1;
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
    bool gso = level == SOL_UDP && option == UDP_SEGMENT;
    if (!gso || !calls.refuse_gso) return __real_getsockopt(fd, level, option, value, len);
    errno = calls.refuse_gso;
    return -1;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- A server that keeps what comes, and may echo it ---- */

post_office office;

static void on_data(void *ctx, const uint8_t *data, size_t len, const og__address *from)
{
    (void)ctx;
    assert_int_equal(office.closes, 0);
    assert_true(office.count < MOST);
    for (size_t i = 0; i < PADDING; i++)
        assert_int_equal(data[len + i], 0);
    arrived *a = &office.of[office.count++];
    *a = (arrived){len, malloc(len + 1), *from};
    memcpy(a->bytes, data, len);
    if (office.echo) assert_int_equal(og__net_datagrams_send(office.datagrams, data, len, from, NULL), OG_OK);
    if (office.count == office.stop_at) og__net_loop_stop(loop);
    if (office.close) og__net_datagrams_close(office.datagrams);
}

static void on_error(void *ctx, const og_error *err)
{
    (void)ctx;
    office.errors++;
    office.error = *err;
}

static void on_close(void *ctx)
{
    (void)ctx;
    office.closes++;
}

void take_on(og__socket *socket)
{
    og_error err = {0};
    office.datagrams = og__net_datagrams_open(loop, socket, on_data, on_error, on_close, NULL, &err);
    if (!office.datagrams) fail_msg("%s", err.text);
}

void open_office(const char *endpoint)
{
    og__socket socket = open_listener(endpoint, &office.endpoint);
    take_on(&socket);
}

int set_up(void **state)
{
    memset(&calls, 0, sizeof calls);
    memset(&office, 0, sizeof office);
    (void)state;
    loop = og__net_loop_new(NULL, NULL);
    return loop ? 0 : -1;
}

int tear_down(void **state)
{
    for (int i = 0; i < office.count; i++)
        free(office.of[i].bytes);
    (void)state;
    og__net_loop_free(loop);
    loop = NULL;
    return 0;
}

/* ---- Clients ---- */

/* Bytes that differ from place to place and from datagram to datagram. */
static uint8_t byte_of(size_t datagram, size_t place)
{
    return (uint8_t)(1 + (datagram * 37 + place * 11 + place / 251) % 255);
}

/* Sends `len` bytes that the system cuts into pieces of `size`; they are datagrams from number `first` on. */
bool send_cut(const og__socket *client, size_t first, size_t size, size_t len)
{
    static uint8_t bytes[65536];
    int cut = (int)size;
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_of(first + i / size, i % size);
    if (__real_setsockopt(client->fd, SOL_UDP, UDP_SEGMENT, &cut, sizeof cut) < 0) return false;
    bool sent = send(client->fd, bytes, len, 0) == (ssize_t)len;
    cut = 0;
    assert_int_equal(__real_setsockopt(client->fd, SOL_UDP, UDP_SEGMENT, &cut, sizeof cut), 0);
    return sent;
}

void send_one(og__socket *client, size_t number, size_t len)
{
    static uint8_t bytes[65536];
    for (size_t i = 0; i < len; i++)
        bytes[i] = byte_of(number, i);
    assert_int_equal(og__net_socket_send_to(client, bytes, len, NULL, LIMIT_MS, NULL), OG_OK);
}

void assert_bytes(const uint8_t *bytes, size_t len, size_t number)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != byte_of(number, i))
            fail_msg("datagram %zu differs at byte %zu of %zu", number, i, len);
}

void expect(og__socket *client, size_t number, size_t len)
{
    static uint8_t bytes[65537];
    size_t got;
    assert_int_equal(og__net_socket_recv_from(client, bytes, sizeof bytes, &got, NULL, LIMIT_MS, NULL), 1);
    assert_int_equal(got, len);
    assert_bytes(bytes, len, number);
}

bool cuts(void)
{
    int size = 0;
    socklen_t len = sizeof size;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int status = __real_getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &len);
    close(fd);
    return status == 0;
}

bool have_endpoint(size_t index)
{
    return index == 0 || have_ipv6();
}

og_endpoint reach_office(size_t index)
{
    og_endpoint there = office.endpoint;
    if (index == 2) there = parse("udp://127.0.0.1:1");
    there.port = office.endpoint.port;
    return there;
}

void close_office(void **state)
{
    og__net_datagrams_close(office.datagrams);
    run_until(loop, &office.closes, 1);
    tear_down(state);
    set_up(state);
}

/* ---- Buffers that are made up ---- */

made_buffer made;

int make_buffers(struct mmsghdr *messages, unsigned count)
{
    struct msghdr *message = &messages[0].msg_hdr;
    struct cmsghdr *header = message->msg_control;
    (void)count;
    calls.make = NULL;
    for (size_t i = 0; i < made.len; i++)
        ((uint8_t *)message->msg_iov[0].iov_base)[i] =
            made.size > 0 ? byte_of(i / (size_t)made.size, i % (size_t)made.size) : byte_of(0, i);
    *header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof made.size), .cmsg_level = SOL_UDP, .cmsg_type = UDP_GRO};
    memcpy(CMSG_DATA(header), &made.size, sizeof made.size);
    message->msg_controllen = CMSG_SPACE(sizeof made.size);
    message->msg_flags = made.cut_off ? MSG_TRUNC : 0;
    message->msg_namelen = sizeof(struct sockaddr_in);
    memset(message->msg_name, 0, message->msg_namelen);
    messages[0].msg_len = (unsigned)made.len;
    return 1;
}
