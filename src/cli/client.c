/* SPDX-License-Identifier: MIT */
/* The client's side of call, send, recv and serve --to. */
#include "cli/client.h"

#include "cli/origin.h"
#include "cli/progress.h"
#include "cli/stop.h"

#include <string.h>

enum {
    FINISH_MS = 1000, /* for a peer to read what was sent */
    CLOSES_MS = 100,  /* for it to close after its first answer, if it answers one object a connection */
    LEFT_MS = 100,    /* for it to close, or to send one more answer, when nothing more is asked */
    LOOK_MS = 100     /* how often a server that waits for an answer looks whether it is to stop */
};

int cli_client_init(cli_client *client, const cli_options *options, const char *endpoint,
                    const og_conn_options *conn)
{
    *client = (cli_client){.text = endpoint, .options = *conn};
    int status = cli_endpoint(&client->endpoint, options, endpoint);
    if (status) return status;
    client->retry = options->retry;
    client->keeps = og_transport_is_datagram(client->endpoint.transport);
    const char *framing = client->endpoint.framing[0] ? client->endpoint.framing : conn->framing;
    client->one_message = framing && strcmp(framing, "eof") == 0;
    return 0;
}

int cli_client_connect(cli_client *client, og_error *err)
{
    if (client->conn) return 0;
    client->used = false;
    client->conn = og_connect(client->text, &client->options, err);
    if (!client->conn) return err->code;
    cli_progress_conn(client->conn);
    cli_log(OG_LOG_DEBUG, "connected to %s", og_conn_peer(client->conn));
    char value[CLI_PROPERTY_SIZE];
    const char *name;
    for (size_t i = 0; (name = cli_origin_property(client->conn, &i, value));)
        cli_log(OG_LOG_DEBUG, "%s %s", name, value);
    return 0;
}

void cli_client_close(cli_client *client)
{
    cli_progress_conn(NULL);
    og_close(client->conn);
    client->conn = NULL;
}

int cli_client_send(cli_client *client, og_value value, og_error *err)
{
    int status = cli_client_connect(client, err);
    if (status == 0) status = og_send(client->conn, value, err);
    if (status == 0 && client->one_message) status = og_shutdown(client->conn, err);
    return status;
}

void cli_client_serves(cli_client *client, const cli_options *options)
{
    client->limit_ms = options->answer_timeout_ms ? options->answer_timeout_ms : CLI_ANSWER_MS;
    client->grace_ms = options->grace_ms ? options->grace_ms : CLI_GRACE_MS;
    client->options.recv_timeout_ms =
        client->limit_ms > 0 && client->limit_ms < LOOK_MS ? client->limit_ms : LOOK_MS;
}

/* As og_recv(), until the server's grace time is over. */
static int receive_while_serving(const cli_client *client, og_value *answer, og_error *err)
{
    int64_t end = cli_now_ms() + client->limit_ms;
    int status;
    do
        status = og_recv(client->conn, answer, err);
    while (status == OG_ETIMEOUT && (client->limit_ms < 0 || cli_now_ms() < end) &&
           !cli_stop_is_over(client->grace_ms));
    if (status != OG_ETIMEOUT) return status;
    if (cli_stop_is_over(client->grace_ms))
        return og_error_set(err, OG_ECANCELED, OG_NO_POSITION, "%s has not answered, and the server stops",
                            client->text);
    return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION,
                        "%s has not answered within %lld ms (see --answer-timeout)", client->text,
                        (long long)client->limit_ms);
}

static int ask_once(cli_client *client, og_value value, og_value *answer, og_error *err)
{
    int status = cli_client_send(client, value, err);
    if (status < 0) return status;
    return client->limit_ms ? receive_while_serving(client, answer, err) : og_recv(client->conn, answer, err);
}

/* Answers that nothing was asked for make every later one the answer to something else. */
static void say_surplus(cli_client *client, const char *what)
{
    if (client->surplus) return;
    client->surplus = true;
    cli_log(OG_LOG_WARNING,
            "%s: %s: add --skip 1 if the peer greets first, --answers N if it answers each object N times",
            client->text, what);
}

/* Whether a peer closes the connection after one answer must be known before the next object is sent there: a
 * reset would not tell whether it was taken. */
static int look_whether_it_closes(cli_client *client)
{
    int waiting = og_poll(client->conn, client->keeps ? 0 : CLOSES_MS, NULL);
    if (waiting > 0)
        say_surplus(client, "a message has come that answers nothing, and is shown as the next answer");
    client->one_answer |= waiting == OG_ECLOSED && !client->keeps;
    client->keeps = true;
    return waiting;
}

/* A connection that was used, and that the peer has closed since, is of no more use. */
static void leave_closed(cli_client *client)
{
    if (!client->conn) return;
    bool usable = !client->one_message && !client->one_answer && og_conn_usable(client->conn);
    if (!usable || (client->used && look_whether_it_closes(client) == OG_ECLOSED)) cli_client_close(client);
}

/* The connection is gone: true when the object may be sent once more, since the peer has not taken it or the
 * user does not mind. */
static bool may_repeat(const cli_client *client, int status)
{
    bool gone = status == 0 || status == OG_ECLOSED || status == OG_EIO;
    if (!gone || !client->conn || og_transport_is_datagram(client->endpoint.transport)) return false;
    return client->retry || (client->used && og_conn_untaken(client->conn));
}

/* Says what is known of an object without an answer. */
static int unanswered(const cli_client *client, int status, og_error *err)
{
    const char *retry = client->retry ? "" : " (--retry sends it again)";
    bool gone = status == OG_ECLOSED || status == OG_EIO;
    if (status != 0 && (!gone || !client->conn || og_conn_untaken(client->conn))) return status;
    if (status == 0 && !og_conn_cut_off(client->conn, err))
        og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the peer closed the connection without an answer");
    og_error why = *err;
    return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "%s; it may have taken the object%s", why.text,
                        retry);
}

int cli_client_ask(cli_client *client, og_value value, og_value *answer, og_error *err)
{
    leave_closed(client);
    int status = ask_once(client, value, answer, err);
    if (status <= 0 && may_repeat(client, status)) {
        cli_log(OG_LOG_DEBUG, "%s closed the connection: connecting again", client->text);
        cli_client_close(client);
        status = ask_once(client, value, answer, err);
    }
    client->used = status > 0;
    return status > 0 ? status : unanswered(client, status, err);
}

int cli_client_more(cli_client *client, og_value *answer, og_error *err)
{
    return og_recv(client->conn, answer, err);
}

void cli_client_end(cli_client *client)
{
    og_value value;
    bool more = client->conn && client->used && !og_transport_is_datagram(client->endpoint.transport) &&
                og_conn_usable(client->conn) && og_shutdown(client->conn, NULL) == 0;
    while (more && og_poll(client->conn, LEFT_MS, NULL) > 0) {
        say_surplus(client, "more answers have come than objects were sent");
        more = og_recv(client->conn, &value, NULL) > 0;
    }
    cli_client_close(client);
}

/* A peer that asks for a key has read nothing. A policy's refusal of an answer has a place. */
static bool asks_for_key(int status, const og_error *err)
{
    return status == OG_EPOLICY && err->position == OG_NO_POSITION;
}

/* Waits for the peer to close: < 0 when it has lost what was sent. */
static int wait_for_close(const cli_client *client, og_error *err)
{
    og_value value;
    int64_t end = cli_now_ms() + FINISH_MS;
    int status = 1;
    if (og_shutdown(client->conn, err) < 0) return err->code;
    while (status > 0 && cli_now_ms() < end)
        status = og_recv(client->conn, &value, err);
    if (status == 0 && og_conn_refused(client->conn))
        return og_error_set(
            err, OG_ECLOSED, OG_NO_POSITION,
            "the peer closed, and refused what came after that; what it had not read is lost");
    if (asks_for_key(status, err)) return status;
    if (status != OG_ECLOSED) return 0;
    og_error why = *err;
    return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "%s; what it had not read is lost", why.text);
}

int cli_client_finish(cli_client *client, og_error *err)
{
    if (!client->conn) return 0;
    bool datagram = og_transport_is_datagram(client->endpoint.transport);
    int status = datagram ? og_poll(client->conn, 0, err) : wait_for_close(client, err);
    cli_client_close(client);
    return status == OG_ECLOSED || asks_for_key(status, err) ? status : 0;
}
