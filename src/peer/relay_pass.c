/* SPDX-License-Identifier: MIT */
/* A message from one side of a relay to the other: read whole, checked, and only then written anew. */
#include "peer/server.h"

#include "base/alloc.h"

/* ---- Which messages have to wait ---- */

/* Whoever loads what one recv() gives must not get two messages at once. */
static bool waits_for_answer(const og__served *served)
{
    const og__pair *pair = served->pair;
    return served->loop->server->relay->options.raw_reader == OG_READER_RECV && !pair->behind &&
           pair->asked > pair->answered;
}

bool og__peer_relay_is_loaded(const og__served *served, bool half)
{
    const og__served *other = served->pair->other;
    if (!other || other->state == OG__OPENING || served->pair->reply_due || waits_for_answer(served))
        return true;
    return atomic_load_explicit(&other->waiting, memory_order_relaxed) >
           served->loop->server->options.max_queued >> half;
}

/* ---- Passing on ---- */

/* The client's connection of the two. */
static og__served *front_of(og__served *served)
{
    return served->pair->behind ? served->pair->other : served;
}

/* Puts something on a connection while another one pumps, which flushes both. */
static int send_parts(og__served *to, const og_value *parts, size_t count, og_error *err)
{
    bool pumping = to->pumping;
    to->pumping = true;
    int status = og_send_parts(&to->conn, parts, count, err);
    to->pumping = pumping;
    return status;
}

/* True for what the other side says when it is gone. Its end ends this one too; there is nothing to refuse.
 */
static bool is_gone(int status)
{
    return status == OG_ECLOSED || status == OG_EBUSY;
}

typedef struct carried {
    og__served *served;
    const og__message *message;
} carried;

static int pass_values(void *ctx, const og_value *values, size_t count, og_error *err)
{
    const carried *p = ctx;
    og__passing how = p->served->loop->server->relay->passing;
    int status = og__peer_served_pass(p->served, how, p->message, values, count, err);
    return is_gone(status) ? OG_OK : status;
}

/* A client whose refusal waited for the answers before it gets its reply when it has had them. */
static void reply_if_due(og__served *front)
{
    og__pair *pair = front->pair;
    if (!pair->reply_due || pair->answered < pair->asked) return;
    pair->reply_due = false;
    send_parts(front, &front->loop->server->relay->options.reply, 1, NULL);
    og__peer_served_post(front);
}

static void count_passed(og__served *served)
{
    og__served *front = front_of(served);
    if (!served->pair->behind) {
        front->pair->asked++;
        return;
    }
    front->pair->answered++;
    if (waits_for_answer(front) || front->paused) og__peer_served_post(front);
    reply_if_due(front);
}

/* True when the stream to the other side is one message. */
static bool is_one(const og__served *served)
{
    const og__relay *relay = served->loop->server->relay;
    bool whole = relay->options.raw_reader == OG_READER_WHOLE && !served->pair->behind;
    return whole || og_framing_ends_stream(og__peer_served_core(served->pair->other)->out_wire.framing);
}

/* What a program that reads to the end makes of a second message is not for us to say. */
static int check_reader(og__served *served, og_error *err)
{
    const og__pair *front = front_of(served)->pair;
    uint64_t before = served->pair->behind ? front->answered : front->asked;
    if (before == 0 || !is_one(served)) return OG_OK;
    return og_error_set(err, OG_ETRAILING, OG_NO_POSITION,
                        "found a second message for a peer that reads to the end, expected one");
}

static int pass_checked(og__served *served, const og__message *message, og_error *err)
{
    og__server_loop *loop = served->loop;
    carried p = {served, message};
    int status = check_reader(served, err);
    if (status == OG_OK)
        status = og__peer_message_use(&served->conn, message, &loop->doc, &loop->parts, pass_values, &p, err);
    if (status < 0) og__peer_core_refused(og__peer_served_core(served));
    return status;
}

/* ---- Dry runs ---- */

static int pass_nothing(void *ctx, const og_value *values, size_t count, og_error *err)
{
    (void)ctx;
    (void)values;
    (void)count;
    (void)err;
    return OG_OK;
}

/* Puts the message as it is, in the framing that it came in where the other side's is not known. */
static int pass_bytes(const og__served *served, const og__message *message, og_error *err)
{
    og__served *to = served->pair->other;
    og__core *core = og__peer_served_core(to);
    if (!core->setup->codec_given || !core->setup->framing_given)
        core->out_wire = og__peer_served_core(served)->out_wire;
    size_t before = core->out.len;
    int status = to->closed ? OG_OK : og__peer_core_put_bytes(core, message->bytes, message->len, err);
    atomic_fetch_add_explicit(&to->waiting, core->out.len - before, memory_order_relaxed);
    return status;
}

static void tell(og__served *served, const og__message *message, const og_error *why, bool closing,
                 bool passed);

static int pass_unchecked(og__served *served, const og__message *message, og_error *err)
{
    og__server_loop *loop = served->loop;
    const og__core *to = og__peer_served_core(served->pair->other);
    bool translates = to->setup->codec_given && to->out_wire.codec != message->codec;
    carried p = {served, message};
    int status = og__peer_message_use(&served->conn, message, &loop->doc, &loop->parts,
                                      translates ? pass_values : pass_nothing, &p, err);
    if (translates) return status;
    if (status < 0) {
        atomic_fetch_add_explicit(&served->loop->server->relay->passed, 1, memory_order_relaxed);
        tell(served, message, err, false, true);
    }
    return pass_bytes(served, message, err);
}

int og__peer_relay_pass(og__served *served, const og__message *message, og_error *err)
{
    if (!served->pair->other) return OG_OK;
    int status = served->loop->server->relay->options.dry_run ? pass_unchecked(served, message, err)
                                                              : pass_checked(served, message, err);
    if (status >= 0) count_passed(served);
    return status;
}

/* ---- Refusing ---- */

/* A client that sends nothing but nonsense must not fill the log; the refusal that ends it is never quiet. */
static void tell(og__served *served, const og__message *message, const og_error *why, bool closing,
                 bool passed)
{
    og_server *server = served->loop->server;
    size_t left_out = 0;
    og__served *front = front_of(served);
    OG__COUNT(&served->conn, refused, 1);
    if (!front || !server->relay->options.on_refusal) return;
    bool told =
        og__peer_quota_take(&front->refusals, og__net_loop_now(served->loop->net), &left_out) || closing;
    const og_refusal refusal = {
        .conn = &front->conn,
        .answer = served->pair->behind,
        .why = why,
        .codec = og_conn_codec(&served->conn),
        .bytes = message ? message->bytes : NULL,
        .len = message ? message->len : 0,
        .closing = closing,
        .passed = passed,
        .quiet = !told,
        .left_out = told ? left_out : 0,
    };
    server->relay->options.on_refusal(&refusal, server->options.user);
}

/* The client gets the reply where the answer to its message would be, or in place of an answer. */
static void reply(og__served *served)
{
    og__served *front = front_of(served);
    if (!front) return;
    if (served->pair->behind) {
        front->pair->answered++;
        send_parts(front, &front->loop->server->relay->options.reply, 1, NULL);
    } else {
        front->pair->reply_due = true;
    }
    reply_if_due(front);
}

bool og__peer_relay_refuse(og__served *served, const og__message *message, const og_error *err, bool last)
{
    og_when_refused when = served->loop->server->relay->options.when_refused;
    bool closing = last || when == OG_REFUSED_CLOSE;
    tell(served, message, err, closing, false);
    if (when == OG_REFUSED_REPLY && message) reply(served);
    return closing;
}

/* ---- How both sides speak ---- */

/* What is passed on as it arrived must be read by the same codec on both sides, and judged once. */
static int check_verbatim(const og__relay *relay, const og__setup *setup, og_error *err)
{
    const og__setup *behind = &relay->behind.setup;
    if (relay->passing == OG__ANEW) return OG_OK;
    if (!setup->in.codec->contained || setup->in.codec != behind->in.codec)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "messages in %s cannot be passed on as they arrived to a server that takes %s, "
                            "only anew (rewrite)",
                            setup->in.codec->name, behind->in.codec->name);
    if (relay->options.front.conn.policy == relay->options.behind.policy) return OG_OK;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "what is passed on as it arrived is judged by one policy, not by one on each side "
                        "(rewrite)");
}

static int check_said(const og__setup *setup, const char *endpoint, og_error *err)
{
    if (setup->codec_given && setup->framing_given) return OG_OK;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "%.200s: %s is not said, and a relay that protects does not detect: name the kind of "
                        "peer, or codec and framing",
                        endpoint, setup->codec_given ? "its framing" : "its codec");
}

int og__peer_relay_check(const og__relay *relay, og__port *port, og_error *err)
{
    og__setup *setup = &port->setup;
    if (setup->datagram)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "a relay is between streams, and datagrams are none: use tcp://, tls:// or "
                            "unix://");
    if (setup->skip || setup->skip_bytes)
        return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                            "skip is not for relays, which check all that they pass on");
    if (relay->options.dry_run) return OG_OK;
    int status = check_said(setup, port->endpoint, err);
    if (status == OG_OK) status = check_verbatim(relay, setup, err);
    if (status == OG_OK) og__peer_setup_enforce(setup);
    return status;
}

void og__peer_relay_free(og_server *server)
{
    og__relay *relay = server->relay;
    if (!relay) return;
    og__peer_setup_fini(&relay->behind.setup);
    og__net_target_free(relay->target);
    og_policy_free(relay->plain);
    og__base_free(server->alloc, relay, sizeof *relay);
}
