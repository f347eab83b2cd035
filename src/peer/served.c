/* SPDX-License-Identifier: MIT */
/* Served connections as any thread may use them: counting references, locking, calling the loop. */
#include "base/plural.h"
#include "peer/server.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

static og__served *served_of(const og_conn *conn)
{
    /* The handle is const. NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return (og__served *)(uintptr_t)conn;
}

/* ---- Resting ---- */

og__core *og__peer_served_make_core(og__served *served)
{
    og__core *core = og__base_alloc(served->alloc, sizeof *core);
    if (!core) return NULL;
    og__peer_core_wake(core, served->conn.setup, &served->conn.rested);
    core->loan = &served->loop->loan;
    core->doc_lent = true;
    /* The loop does not wait for the lock, and may wake it while another thread does. */
    og__core *other = NULL;
    if (atomic_compare_exchange_strong(&served->conn.core, &other, core)) return core;
    og__base_free(served->alloc, core, sizeof *core);
    return other;
}

static void free_core(og__served *served)
{
    og__core *core = og__peer_served_core(served);
    if (!core) return;
    atomic_store_explicit(&served->conn.core, NULL, memory_order_release);
    og__peer_core_fini(core);
    og__base_free(served->alloc, core, sizeof *core);
}

/* True when the next thing that happens comes from outside. */
static bool is_at_rest(const og__served *served)
{
    return served->state == OG__OPEN && !served->pumping && !served->midway && !served->paused &&
           !served->unfinished && !served->starved && !served->last_turns && served->counted == 0 &&
           !served->loop->server->relay;
}

/* Lets the core go now. */
static void rest(og__served *served)
{
    const og__core *core = og__peer_served_core(served);
    bool alone = atomic_load_explicit(&served->refs, memory_order_acquire) == 1;
    served->awake = false;
    if (!core || !is_at_rest(served) || (!alone && pthread_mutex_trylock(&served->lock) != 0)) return;
    if (og__peer_core_rest(core, &served->conn.rested)) free_core(served);
    og__peer_served_unlock(served, !alone);
}

void og__peer_served_stay_awake(og__served *served)
{
    og__server_loop *loop = served->loop;
    if (!og__peer_served_core(served) || !is_at_rest(served)) return;
    og__served **place = &loop->awake[loop->next_awake];
    loop->next_awake = (loop->next_awake + 1) % OG__AWAKE;
    if (*place) rest(*place);
    *place = served;
    served->awake = true;
}

/* Takes it out of the ring. */
static void leave_awake(og__served *served)
{
    og__server_loop *loop = served->loop;
    for (size_t i = 0; served->awake && i < OG__AWAKE; i++)
        if (loop->awake[i] == served) {
            loop->awake[i] = NULL;
            served->awake = false;
        }
}

/* ---- Making ---- */

/* What a connection needs at all is in one block, and nothing else: ten thousand silent streams should cost
 * little. */
static og__served *new_block(const og_server *server, bool is_datagram, const char *peer)
{
    size_t sender = is_datagram ? sizeof(og__sender) : 0;
    size_t work = server->workers ? sizeof(og__work) : 0;
    size_t pair = server->relay ? sizeof(og__pair) : 0;
    size_t name = strlen(peer) + 1;
    size_t size = sizeof(og__served) + sender + work + pair + name;
    og__served *served = og__base_alloc(server->alloc, size);
    if (!served) return NULL;
    memset(served, 0, size - name);
    char *rest = (char *)served->sender + sender;
    if (work) served->work = (og__work *)(void *)rest;
    if (pair) served->pair = (og__pair *)(void *)(rest + work);
    served->conn.peer_at = (uint16_t)(size - name);
    memcpy(rest + work + pair, peer, name);
    served->size = (uint32_t)size;
    return served;
}

og__served *og__peer_served_new(og__server_loop *loop, og__port *port, const og__served_kind *kind,
                                const og__address *peer)
{
    char name[OG__ADDRESS_TEXT];
    bool is_datagram = port->setup.datagram;
    og__net_address_text(peer, name, sizeof name);
    og__served *served = new_block(loop->server, is_datagram, name);
    if (!served) return NULL;
    served->kind = kind;
    served->is_datagram = is_datagram;
    served->state = is_datagram ? OG__OPEN : OG__OPENING;
    if (is_datagram) served->sender[0] = (og__sender){.address = *peer};
    uint64_t id = atomic_fetch_add(&loop->server->ids, 1) + 1;
    og__peer_handle_init(&served->conn, kind->ops, &port->setup, id);
    if (!served->work) served->work = &loop->no_work;
    if (!served->pair) served->pair = &loop->no_pair;
    served->loop = loop;
    served->port = port;
    served->alloc = loop->server->alloc;
    og__peer_rested_init(&served->conn.rested, &port->setup);
    bool rests = !is_datagram && !loop->server->relay;
    if (!rests && !og__peer_served_wake(served)) {
        og__base_free(served->alloc, served, served->size);
        return NULL;
    }
    pthread_mutex_init(&served->lock, NULL);
    atomic_init(&served->refs, 1);
    served->next = loop->first;
    if (loop->first) loop->first->prev = served;
    loop->first = served;
    return served;
}

/* ---- Counting references ---- */

void og__peer_served_ref(og__served *served)
{
    atomic_fetch_add_explicit(&served->refs, 1, memory_order_relaxed);
}

void og__peer_served_unref(og__served *served)
{
    if (atomic_fetch_sub_explicit(&served->refs, 1, memory_order_acq_rel) != 1) return;
    const og_allocator *alloc = served->alloc;
    pthread_mutex_destroy(&served->lock);
    og__base_free(alloc, served->why, sizeof *served->why);
    og__base_free(alloc, served, served->size);
}

void og__peer_served_hold(og__served *served)
{
    atomic_fetch_add(&served->holds, 1);
    og__peer_served_ref(served);
}

void og__peer_served_release(og__served *served)
{
    pthread_mutex_lock(&served->lock);
    atomic_fetch_sub(&served->holds, 1);
    if (served->told_release) og__peer_served_post(served);
    og__peer_served_unlock(served, true);
    og__peer_served_unref(served); /* last, as the loop may free what nobody refers to */
}

void og__peer_served_leave(og__served *served)
{
    og__server_loop *loop = served->loop;
    size_t left_out = og__peer_quota_left_out(&served->refusals);
    if (left_out > 0)
        og__peer_server_log(served->loop->server, OG_LOG_WARNING, &served->conn, "refused %zu more message%s",
                            left_out, og__base_plural(left_out));
    og__peer_limit_drop(&loop->limits, &served->limits);
    leave_awake(served);
    if (served->prev)
        served->prev->next = served->next;
    else
        loop->first = served->next;
    if (served->next) served->next->prev = served->prev;
    if (served->pair->other) served->pair->other->pair->other = NULL;
    bool locked = og__peer_served_lock(served);
    served->closed = true;
    served->left = true;
    atomic_fetch_sub_explicit(&served->loop->server->total, served->counted, memory_order_relaxed);
    if (og__peer_served_core(served)) og__peer_core_note(og__peer_served_core(served), &served->conn.rested);
    free_core(served);
    og__peer_served_unlock(served, locked);
    og__peer_served_unref(served);
}

/* ---- Locking ---- */

bool og__peer_served_lock(og__served *served)
{
    if (atomic_load_explicit(&served->refs, memory_order_acquire) == 1) return false;
    pthread_mutex_lock(&served->lock);
    return true;
}

void og__peer_served_unlock(og__served *served, bool locked)
{
    if (!locked) return;
    pthread_mutex_unlock(&served->lock);
    /* Until the loop has not missed it: it may look again while it is posted to. An exchange, since on some
     * processors a load could come before others see the lock free. */
    while (atomic_exchange(&served->missed, false)) {
        pthread_mutex_lock(&served->lock);
        og__peer_served_post(served);
        pthread_mutex_unlock(&served->lock);
    }
}

bool og__peer_served_try_lock(og__served *served, bool *locked)
{
    *locked = false;
    if (atomic_load_explicit(&served->refs, memory_order_acquire) == 1) return true;
    if (pthread_mutex_trylock(&served->lock) != 0) {
        /* Noted before the second try: whoever unlocks after that sees it. */
        atomic_store(&served->missed, true);
        if (pthread_mutex_trylock(&served->lock) != 0) return false;
        /* The note may be of an earlier miss as well, which still has to be made good. */
        atomic_store(&served->missed, false);
        og__peer_served_post(served);
    }
    *locked = true;
    return true;
}

/* ---- Calling the loop ---- */

static void on_post(void *arg)
{
    og__served *served = arg;
    bool left = served->left;
    served->posted = false;
    /* First, as each message takes the lock while others refer to it. The loop does until it has left. */
    og__peer_served_unref(served);
    if (!left) served->kind->attend(served);
}

/* True when the call is the caller's to make. */
static bool take_call(og__served *served)
{
    if (served->left || atomic_exchange(&served->posted, true)) return false;
    og__peer_served_ref(served);
    served->attend = (og__call){.fn = on_post, .arg = served};
    return true;
}

void og__peer_served_post(og__served *served)
{
    if (take_call(served)) og__net_loop_call(served->loop->net, &served->attend);
}

void og__peer_served_wait_turn(og__served *served)
{
    if (take_call(served)) og__net_loop_turn(served->loop->net, &served->attend);
}

/* ---- Telling the user ---- */

/* A client that sends nothing but nonsense must not fill the log. */
static void log_refusal(og__served *served, const og_error *err, bool closing)
{
    char at[40] = "";
    size_t left_out;
    og_server *server = served->loop->server;
    og__quota *quota = served->is_datagram ? &served->port->refusals : &served->refusals;
    uint64_t now = og__net_loop_now(served->loop->net);
    if (!og__peer_quota_take(quota, now, &left_out) && !closing) return;
    if (left_out > 0)
        og__peer_server_log(server, OG_LOG_WARNING, &served->conn, "refused %zu more message%s before this",
                            left_out, og__base_plural(left_out));
    if (err->position != OG_NO_POSITION) snprintf(at, sizeof at, " at byte %zu", err->position);
    og__peer_server_log(server, OG_LOG_WARNING, &served->conn, "refused a message%s: %s; the connection %s",
                        at, err->text, closing ? "is closed" : "goes on");
}

void og__peer_served_refuse(og__served *served, const og_error *err, bool closing)
{
    og_server *server = served->loop->server;
    log_refusal(served, err, closing);
    OG__COUNT(&served->conn, refused, 1);
    if (!server->options.on_refuse) return;
    bool pumping = served->pumping;
    served->pumping = true;
    server->options.on_refuse(&served->conn, err, closing, server->options.user);
    served->pumping = pumping;
}

/* ---- The public functions that streams and datagrams have in common ---- */

int og__peer_served_recv(og_conn *conn, const og_value **parts, size_t *count, og_error *err)
{
    (void)conn;
    (void)parts;
    (void)count;
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "a server's connection hands its values to on_message");
}

bool og__peer_served_usable(const og_conn *conn)
{
    return !served_of(conn)->closed;
}

/* The loop changes what it tells of the connection with the lock held, as long as anybody else can ask. */
bool og__peer_served_lock_handle(const og_conn *conn)
{
    return og__peer_served_lock(served_of(conn));
}

void og__peer_served_unlock_handle(const og_conn *conn)
{
    og__peer_served_unlock(served_of(conn), true);
}

void og__peer_served_keep(og_conn *conn)
{
    og__peer_served_hold(served_of(conn));
}

void og__peer_served_let_go(og_conn *conn)
{
    og__peer_served_release(served_of(conn));
}
