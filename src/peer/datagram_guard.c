/* SPDX-License-Identifier: MIT */
/*
 * What keeps datagrams from being used against others: anybody can write any sender on them. So nobody gets
 * much more than arrived in its name, or often; and what we have sent ourselves is never answered.
 */
#include "base/plural.h"
#include "peer/server.h"

#include "base/alloc.h"
#include "value/hash_bytes.h"

#include <string.h>

uint64_t og__peer_sender_hash(og__port *port, const og__address *address)
{
    if (port->seed == 0) port->seed = og__value_fresh_seed(port) | 1;
    return og__value_hash_bytes(port->seed, address->u.bytes, address->len);
}

bool og__peer_datagram_is_ours(og__port *port, const og__address *from)
{
    size_t left_out;
    const og__port *own = port->server->ports;
    while (own && !og__net_address_is_same_socket(&own->bound, from))
        own = own->next;
    if (!own) return false;
    if (!og__peer_quota_take(&port->ours, og__net_loop_now(port->loop->net), &left_out)) return true;
    if (left_out > 0)
        og__peer_server_log(port->server, OG_LOG_WARNING, NULL,
                            "%s: %zu more datagram%s of our own were dropped", port->endpoint, left_out,
                            og__base_plural(left_out));
    og__peer_server_log(port->server, OG_LOG_WARNING, NULL,
                        "%s: a datagram was dropped: its sender is %s, which is this server", port->endpoint,
                        own->endpoint);
    return true;
}

/* ---- Rates ---- */

static uint64_t full(const og__port *port)
{
    return (uint64_t)port->server->options.max_rate * 1000;
}

/* The bucket of a sender, which starts full; another one's that was there is given up. NULL without memory.
 */
static og__bucket *bucket_of(og__port *port, const og__address *address, uint64_t now)
{
    uint64_t hash = og__peer_sender_hash(port, address);
    const size_t size = OG__BUCKETS * sizeof *port->buckets;
    if (!port->buckets) {
        port->buckets = og__base_alloc(port->server->alloc, size);
        if (!port->buckets) return NULL;
        memset(port->buckets, 0, size);
    }
    og__bucket *bucket = &port->buckets[hash % OG__BUCKETS];
    if (bucket->hash != hash || bucket->at == 0)
        *bucket = (og__bucket){.hash = hash, .at = now, .thousandths = full(port)};
    return bucket;
}

/* True when one more datagram of the sender may be answered. */
static bool take_one(og__port *port, const og__address *address)
{
    uint64_t now = og__net_loop_now(port->loop->net) + 1;
    og__bucket *bucket = bucket_of(port, address, now);
    if (!bucket) return false;
    uint64_t passed = now - bucket->at;
    bucket->at = now;
    bucket->thousandths =
        passed >= 1000 ? full(port) : bucket->thousandths + passed * port->server->options.max_rate;
    if (bucket->thousandths > full(port)) bucket->thousandths = full(port);
    if (bucket->thousandths < 1000) return false;
    bucket->thousandths -= 1000;
    return true;
}

/* ---- Sizes ---- */

void og__peer_datagram_allow(og__port *port, og__sender *sender, size_t len, bool afresh)
{
    size_t most;
    size_t overhead = og__net_address_overhead(&sender->address);
    if (__builtin_mul_overflow(len + overhead, port->server->options.max_amplification, &most) ||
        overhead == 0)
        most = SIZE_MAX / 2;
    sender->muted = !take_one(port, &sender->address);
    if (afresh || sender->allowance > SIZE_MAX / 2) sender->allowance = 0;
    if (!sender->muted) sender->allowance += most;
}

int og__peer_datagram_spend(const og__port *port, og__sender *sender, size_t len, og_error *err)
{
    const og_server_options *options = &port->server->options;
    size_t wanted = len + og__net_address_overhead(&sender->address);
    if (wanted <= sender->allowance) {
        sender->allowance -= wanted;
        return OG_OK;
    }
    if (sender->muted)
        return og_error_set(
            err, OG_EBUSY, OG_NO_POSITION,
            "the sender has had %zu datagram%s answered in a second, the most that one gets; raise "
            "max_rate",
            options->max_rate, og__base_plural(options->max_rate));
    return og_error_set(
        err, OG_ELIMIT, OG_NO_POSITION,
        "the answer of %zu bytes is more than %zu times as large as the datagram that it answers, "
        "whose sender may be forged; raise max_amplification",
        len, options->max_amplification);
}
