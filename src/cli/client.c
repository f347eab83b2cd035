/* SPDX-License-Identifier: MIT */
/* The client's side of call, send, recv and serve --to. */
#include "cli/client.h"

#include "cli/origin.h"

#include <string.h>

enum {
    FINISH_MS = 1000, /* for a peer to read what was sent */
    LEFT_MS = 100     /* for it to close, or to send one more answer, when nothing more is asked */
};

int cli_client_init(cli_client *client, const cli_options *options, const char *endpoint,
                    const og_conn_options *conn)
{
    *client = (cli_client){.text = endpoint, .options = *conn};
    int status = cli_endpoint(&client->endpoint, options, endpoint);
    if (status) return status;
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
    cli_log(OG_LOG_DEBUG, "connected to %s", og_conn_peer(client->conn));
    char value[CLI_PROPERTY_SIZE];
    const char *name;
    for (size_t i = 0; (name = cli_origin_property(client->conn, &i, value));)
        cli_log(OG_LOG_DEBUG, "%s %s", name, value);
    return 0;
}

void cli_client_close(cli_client *client)
{
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

/* True when the connection had served before and is gone now, so that a new one may do. */
static bool worn_out(const cli_client *client, int status)
{
    return client->used && (status == 0 || status == OG_ECLOSED);
}

static int ask_once(cli_client *client, og_value value, og_value *answer, og_error *err)
{
    int status = cli_client_send(client, value, err);
    return status < 0 ? status : og_recv(client->conn, answer, err);
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

int cli_client_ask(cli_client *client, og_value value, og_value *answer, og_error *err)
{
    if (client->conn && (client->one_message || !og_conn_usable(client->conn))) cli_client_close(client);
    if (client->conn && client->used && og_poll(client->conn, 0, NULL) > 0)
        say_surplus(client, "a message has come that answers nothing, and is shown as the next answer");
    bool reused = client->conn != NULL;
    int status = ask_once(client, value, answer, err);
    if (reused && worn_out(client, status)) {
        cli_log(OG_LOG_DEBUG, "%s answers one message a connection: connecting again", client->text);
        cli_client_close(client);
        status = ask_once(client, value, answer, err);
    }
    client->used = status > 0;
    return status;
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

void cli_client_finish(cli_client *client)
{
    og_value value;
    og_error err;
    if (!client->conn) return;
    if (!og_transport_is_datagram(client->endpoint.transport)) {
        int64_t end = cli_now_ms() + FINISH_MS;
        og_shutdown(client->conn, &err);
        while (cli_now_ms() < end && og_recv(client->conn, &value, &err) > 0)
            continue;
    }
    cli_client_close(client);
}
