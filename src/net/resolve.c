/* SPDX-License-Identifier: MIT */
/* From endpoints to addresses: names looked up within a time limit, in an order that suits. */
#include "base/thread.h"
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

static void add(og__addresses *found, const void *bytes, size_t len)
{
    if (found->count < OG__ADDRESSES_MAX) og__net_address_set(&found->list[found->count++], bytes, len);
}

static void add_inet(og__addresses *found, uint32_t address, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    in.sin_addr.s_addr = htonl(address);
    add(found, &in, sizeof in);
}

static void add_inet6(og__addresses *found, const struct in6_addr *address, uint32_t zone, uint16_t port)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = zone};
    in6.sin6_addr = *address;
    add(found, &in6, sizeof in6);
}

/* "@name" is a name of Linux that is in no folder. */
static void add_path(og__addresses *found, const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strnlen(path, sizeof un.sun_path - 1);
    memcpy(un.sun_path, path, len);
    bool abstract = path[0] == '@';
    if (abstract) un.sun_path[0] = '\0';
    add(found, &un, offsetof(struct sockaddr_un, sun_path) + len + !abstract);
}

/* Checks what holds for every endpoint. */
static int check(const og_endpoint *endpoint, og__purpose purpose, og_error *err)
{
    char text[400];
    og_endpoint_text(endpoint, text, sizeof text);
    if (endpoint->inherited)
        return og_error_set(err, OG_EADDRESS, OG_NO_POSITION,
                            "%s is for listening; name the host to connect to", text);
    bool path = endpoint->transport == OG_UNIX || endpoint->transport == OG_UNIXGRAM;
    if (purpose == OG__TO_LISTEN || path) return OG_OK;
    if (strcmp(endpoint->host, "*") == 0)
        return og_error_set(err, OG_EADDRESS, OG_NO_POSITION,
                            "%s: '*' is for listening; name the host to connect to", text);
    if (endpoint->port == 0)
        return og_error_set(err, OG_EADDRESS, OG_NO_POSITION,
                            "%s: port 0 is for listening; name the port to connect to", text);
    return OG_OK;
}

/* An address in digits: 1, or 0 when it is a name. */
static int add_digits(const og_endpoint *endpoint, og__addresses *found, og_error *err)
{
    struct in_addr in;
    if (inet_pton(AF_INET, endpoint->host, &in) == 1) {
        add_inet(found, ntohl(in.s_addr), endpoint->port);
        return 1;
    }
    char bare[INET6_ADDRSTRLEN + 1];
    size_t len = strcspn(endpoint->host, "%");
    struct in6_addr in6;
    if (len >= sizeof bare) return 0;
    memcpy(bare, endpoint->host, len);
    bare[len] = '\0';
    if (inet_pton(AF_INET6, bare, &in6) != 1) return 0;
    uint32_t zone = 0;
    if (endpoint->host[len] == '%') {
        const char *name = endpoint->host + len + 1;
        char *end;
        zone = if_nametoindex(name);
        if (!zone) zone = (uint32_t)strtoul(name, &end, 10);
        if (!zone)
            return og_error_set(err, OG_EADDRESS, OG_NO_POSITION, "unknown network interface '%s' in [%s]",
                                name, endpoint->host);
    }
    add_inet6(found, &in6, zone, endpoint->port);
    return 1;
}

int og__net_resolve_plain(const og_endpoint *endpoint, og__purpose purpose, og__addresses *found,
                          og_error *err)
{
    found->count = 0;
    int status = check(endpoint, purpose, err);
    if (status < 0) return status;
    if (endpoint->transport == OG_UNIX || endpoint->transport == OG_UNIXGRAM) {
        add_path(found, endpoint->path);
    } else if (strcmp(endpoint->host, "*") == 0) {
        add_inet6(found, &in6addr_any, 0, endpoint->port);
        add_inet(found, INADDR_ANY, endpoint->port);
    } else if (endpoint->host[0] == '\0') {
        add_inet(found, INADDR_LOOPBACK, endpoint->port);
        if (purpose == OG__TO_CONNECT) add_inet6(found, &in6addr_loopback, 0, endpoint->port);
    } else {
        return add_digits(endpoint, found, err);
    }
    return 1;
}

struct addrinfo og__net_resolve_hints(const og_endpoint *endpoint)
{
    return (struct addrinfo){
        .ai_family = AF_UNSPEC,
        .ai_socktype = og_transport_is_datagram(endpoint->transport) ? SOCK_DGRAM : SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
}

static void add_family(og__addresses *found, const struct addrinfo *answer, int family)
{
    for (; answer; answer = answer->ai_next)
        if (family == AF_UNSPEC || answer->ai_family == family)
            add(found, answer->ai_addr, answer->ai_addrlen);
}

int og__net_resolve_answer(const og_endpoint *endpoint, og__purpose purpose, int failure,
                           const struct addrinfo *answer, og__addresses *found, og_error *err)
{
    found->count = 0;
    if (failure == EAI_MEMORY) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    if (failure)
        return og_error_set(err, OG_EADDRESS, OG_NO_POSITION, "cannot look up the host '%.100s': %s",
                            endpoint->host, gai_strerror(failure));
    /* One address must do for listeners and datagrams, which cannot try: most peers speak IPv4. */
    if (purpose == OG__TO_LISTEN || og_transport_is_datagram(endpoint->transport)) {
        add_family(found, answer, AF_INET);
        add_family(found, answer, AF_INET6);
    } else {
        add_family(found, answer, AF_UNSPEC);
    }
    if (found->count == 0)
        return og_error_set(err, OG_EADDRESS, OG_NO_POSITION, "the host '%.100s' has no address",
                            endpoint->host);
    return OG_OK;
}

/* A look-up in a thread of its own, for getaddrinfo() knows no time limit. Whoever comes last frees it. */
typedef struct look_up {
    pthread_mutex_t lock;
    pthread_cond_t finished;
    bool done;
    bool given_up;
    int failure;
    struct addrinfo hints;
    struct addrinfo *answer;
    char host[256];
    char port[8];
} look_up;

static void look_up_free(look_up *l)
{
    if (l->answer) freeaddrinfo(l->answer);
    pthread_cond_destroy(&l->finished);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static look_up *look_up_new(const og_endpoint *endpoint)
{
    look_up *l = calloc(1, sizeof *l);
    if (!l) return NULL;
    og__base_cond_init(&l->finished);
    pthread_mutex_init(&l->lock, NULL);
    l->hints = og__net_resolve_hints(endpoint);
    memcpy(l->host, endpoint->host, sizeof l->host);
    snprintf(l->port, sizeof l->port, "%u", (unsigned)endpoint->port);
    return l;
}

/* Does the look-up: true when nobody waits for it any more. */
static bool look_up_do(look_up *l)
{
    struct addrinfo *answer = NULL;
    int failure = getaddrinfo(l->host, l->port, &l->hints, &answer);
    pthread_mutex_lock(&l->lock);
    l->answer = failure ? NULL : answer;
    l->failure = failure;
    l->done = true;
    bool alone = l->given_up;
    pthread_cond_signal(&l->finished);
    pthread_mutex_unlock(&l->lock);
    return alone;
}

static void *look_up_run(void *arg)
{
    look_up *l = arg;
    if (look_up_do(l)) look_up_free(l);
    return NULL;
}

/* True when the answer came in time; if not, `l` belongs to its thread from then on. */
static bool look_up_wait(look_up *l, pthread_t thread, int64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&l->lock);
    int failure = 0;
    while (!l->done && failure == 0)
        failure = pthread_cond_timedwait(&l->finished, &l->lock, &until);
    bool done = l->done;
    l->given_up = !done;
    pthread_mutex_unlock(&l->lock);
    if (done)
        pthread_join(thread, NULL);
    else
        pthread_detach(thread);
    return done;
}

/* Looks a name up. As og__net_resolve(). */
static int resolve_name(const og_endpoint *endpoint, og__purpose purpose, int64_t timeout_ms,
                        og__addresses *found, og_error *err)
{
    look_up *l = look_up_new(endpoint);
    if (!l) return og_error_set(err, OG_ENOMEM, OG_NO_POSITION, "out of memory");
    pthread_t thread;
    if (timeout_ms < 0 || og__base_start_thread(&thread, look_up_run, l) != 0) {
        look_up_do(l); /* no limit, or no thread to be had */
    } else if (!look_up_wait(l, thread, timeout_ms)) {
        return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION,
                            "looking up the host '%.100s' took longer than %lld ms", endpoint->host,
                            (long long)timeout_ms);
    }
    int status = og__net_resolve_answer(endpoint, purpose, l->failure, l->answer, found, err);
    look_up_free(l);
    return status;
}

int og__net_resolve(const og_endpoint *endpoint, og__purpose purpose, int64_t timeout_ms,
                    og__addresses *found, og_error *err)
{
    int status = og__net_resolve_plain(endpoint, purpose, found, err);
    if (status == 0) status = resolve_name(endpoint, purpose, timeout_ms, found, err);
    for (unsigned i = 0; status >= 0 && i < found->count; i++)
        status = og__net_address_check_one(endpoint, &found->list[i], err);
    return status < 0 ? status : OG_OK;
}
