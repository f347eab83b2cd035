/* SPDX-License-Identifier: MIT */
/* The client's side of call, send, recv and serve --to. */
#include "cli/client.h"

#include <string.h>

/* How long a peer may take to read what was sent. */
enum { FINISH_MS = 1000 };

int cli_client_init(cli_client *client, const cli_options *options, const char *endpoint,
                    const og_conn_options *conn)
{
    *client = (cli_client){.text = endpoint, .options = *conn, .skip = options->skip};
    int status = cli_endpoint(&client->endpoint, options, endpoint);
    if (status) return status;
    const char *framing = client->endpoint.framing[0] ? client->endpoint.framing : conn->framing;
    client->one_message = framing && strcmp(framing, "eof") == 0;
    return 0;
}

/* The first messages of a connection, which answer nothing. */
static int pass_over(cli_client *client, og_error *err)
{
    og_value value;
    for (uint64_t i = 0; i < client->skip; i++) {
        int status = og_recv(client->conn, &value, err);
        if (status < 0) return status;
        if (status == 0)
            return og_error_set(err, OG_ECLOSED, OG_NO_POSITION,
                                "the peer closed after %llu of the %llu messages to pass over (--skip)",
                                (unsigned long long)i, (unsigned long long)client->skip);
    }
    return 0;
}

int cli_client_connect(cli_client *client, og_error *err)
{
    if (client->conn) return 0;
    client->used = false;
    client->conn = og_connect(client->text, &client->options, err);
    if (!client->conn) return err->code;
    cli_log(OG_LOG_DEBUG, "connected to %s", og_conn_peer(client->conn));
    return pass_over(client, err);
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

int cli_client_ask(cli_client *client, og_value value, og_value *answer, og_error *err)
{
    if (client->conn && (client->one_message || !og_conn_usable(client->conn))) cli_client_close(client);
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
