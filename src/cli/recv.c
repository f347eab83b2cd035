/* SPDX-License-Identifier: MIT */
/* onggi recv: connect, print what arrives until the peer closes. */
#include "cli/client.h"
#include "cli/output.h"
#include "cli/stop.h"

/* How often a wait looks whether it was told to stop. */
enum { LOOK_MS = 200 };

/* The next value: as og_recv(), and OG_ECANCELED once told to stop. */
static int wait_for_value(cli_client *client, int64_t timeout_ms, og_value *value, og_error *err)
{
    int64_t start = cli_now_ms();
    for (;;) {
        if (cli_stop_is_over(0)) return OG_ECANCELED;
        int status = og_recv(client->conn, value, err);
        if (status != OG_ETIMEOUT) return status;
        if (timeout_ms > 0 && cli_now_ms() - start >= timeout_ms)
            return og_error_set(err, OG_ETIMEOUT, OG_NO_POSITION, "nothing has arrived within %lld ms",
                                (long long)timeout_ms);
    }
}

/* Nobody can tell whether more was meant to come. */
static void say_cut_off(const cli_client *client)
{
    og_error err;
    if (og_conn_cut_off(client->conn, &err))
        cli_log(OG_LOG_WARNING, "%s: %s; what came is whole, but more may be missing", client->text,
                err.text);
}

/* Prints until the end: the exit status, or CLI_OUTPUT_GONE. */
static int print_all(cli_client *client, cli_output *output, const cli_options *options)
{
    og_value value;
    og_error err;
    int worst = CLI_DONE;
    for (uint64_t count = 0; !options->count || count < options->count;) {
        int status = wait_for_value(client, options->timeout_ms, &value, &err);
        if (status == 0) say_cut_off(client);
        if (status == 0 || status == OG_ECANCELED) break;
        if (status < 0) {
            worst = cli_fail(client->text, &err);
            if (status == OG_ETIMEOUT || !og_conn_usable(client->conn)) break;
            continue;
        }
        count++;
        status = cli_print(output, value, client->conn);
        if (status == CLI_OUTPUT_GONE || status == CLI_UNREACHED) return status;
        if (status) worst = status;
    }
    return worst;
}

static int run(const cli_options *options)
{
    cli_client client;
    cli_output output;
    og_conn_options conn;
    og_error err;
    cli_conn_options(&conn, options);
    conn.recv_timeout_ms =
        options->timeout_ms > 0 && options->timeout_ms < LOOK_MS ? options->timeout_ms : LOOK_MS;
    int status = cli_client_init(&client, options, options->args[0], &conn);
    if (status) return status;
    if (og_transport_is_datagram(client.endpoint.transport))
        return cli_usage("'onggi recv' connects, and datagrams know no connection: use 'onggi serve %s'",
                         client.text);
    cli_form form = cli_output_form(options, cli_codec(options, &client.endpoint));
    status = cli_output_check(options, form);
    if (status) return status;
    cli_stop_catch();
    if (cli_client_connect(&client, &err) < 0) return cli_fail(client.text, &err);
    cli_output_init(&output, options, form);
    status = print_all(&client, &output, options);
    cli_client_close(&client);
    cli_output_fini(&output);
    return status == CLI_OUTPUT_GONE ? CLI_DONE : status;
}

const cli_command cli_recv = {
    .name = "recv",
    .bit = CLI_RECV,
    .synopsis = "ENDPOINT",
    .summary = "print what arrives until the peer closes",
    .description = "Connects, sends nothing, and prints what arrives until the peer closes.",
    .example = "  onggi recv tcp://127.0.0.1:1234 -o repr\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
