/* SPDX-License-Identifier: MIT */
/*
 * Endpoints: where to listen or connect, as text and taken apart.
 *
 * Ownership: an og_endpoint is a plain struct without pointers. Threads: any number of calls at once.
 */
#ifndef ONGGI_NET_H
#define ONGGI_NET_H

#include <onggi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The transports: name, text as in an endpoint, true for datagrams. The last two are sockets that the process
 * was started with: what they carry shows when they are listened on. */
#define OG_TRANSPORT_MAP(X)          \
    X(OG_TCP, "tcp", false)          \
    X(OG_UDP, "udp", true)           \
    X(OG_UNIX, "unix", false)        \
    X(OG_UNIXGRAM, "unixgram", true) \
    X(OG_TLS, "tls", false)          \
    X(OG_FD, "fd", false)            \
    X(OG_TLS_FD, "tls+fd", false)

typedef enum og_transport {
#define X(name, text, datagram) name,
    OG_TRANSPORT_MAP(X)
#undef X
} og_transport;

/* tcp://host:port?key=value&…, unix:///path?…, fd://3?…; see og_endpoint_parse(). All text is NUL-terminated.
 */
typedef struct og_endpoint {
    og_transport transport;
    uint16_t port;
    int inherited;       /* fd://N: N + 1, else 0 */
    char host[256];      /* "" is loopback, "*" every interface; IPv6 without its brackets */
    char path[108];      /* unix, unixgram; "@name" is one of Linux's abstract names */
    char codec[16];      /* ?codec=, "" if not given */
    char framing[144];   /* delim:TEXT with every byte escaped */
    char profile[32];    /* ?as= */
    char form[16];       /* ?form= */
    char interface[16];  /* ?interface=, the network interface by name or number */
    char skip[10];       /* ?skip=, how many messages to pass over first, in digits */
    char skip_bytes[10]; /* ?skip-bytes=, how many bytes before these, in digits */
} og_endpoint;

/*
 * Takes `text` apart. No host means loopback, "*" every interface; the port must be given for tcp, udp and
 * tls (0 lets the system pick). fd://3 is the listening socket, or the bound one of datagrams, that is
 * descriptor 3 of this process, as systemd passes them; tls+fd://3 speaks TLS on it. Unknown schemes, ports
 * past 65,535, paths too long for a socket and unknown query keys are OG_EADDRESS, with the position and what
 * was expected.
 */
OG_API int og_endpoint_parse(og_endpoint *endpoint, const char *text, og_error *err);

/* Writes the endpoint as text, of its query the interface alone, into `text` of `size` bytes (400 are
 * enough), cut if need be; returns `text`. */
OG_API const char *og_endpoint_text(const og_endpoint *endpoint, char *text, size_t size);

/* True for transports that carry datagrams. */
OG_API bool og_transport_is_datagram(og_transport transport);

#ifdef __cplusplus
}
#endif

#endif
