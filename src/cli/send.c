/* SPDX-License-Identifier: MIT */
/* onggi send: send objects, expect no answer. */
#include "cli/client.h"
#include "cli/input.h"

/* For one wait of cli_client_finish(). */
enum { FINISH_MS = 1000 };

static int send_all(cli_client *client, cli_input *input)
{
    og_value value;
    og_error err;
    int status;
    if (input->prompt && !client->one_message && cli_client_connect(client, &err) < 0)
        return cli_fail(client->text, &err);
    while ((status = cli_input_next(input, &value)) > 0 || (status < 0 && cli_input_goes_on(input))) {
        if (status < 0) continue;
        if (client->one_message && cli_client_finish(client, &err) < 0) return cli_fail(client->text, &err);
        if (cli_client_send(client, value, &err) < 0) return cli_fail(client->text, &err);
    }
    return -status;
}

static int run(const cli_options *options)
{
    cli_client client;
    cli_input input;
    og_conn_options conn;
    og_error err;
    cli_conn_options(&conn, options);
    conn.recv_timeout_ms = FINISH_MS;
    int status = cli_client_init(&client, options, options->args[0], &conn);
    if (status) return status;
    const char *codec = cli_codec(options, &client.endpoint);
    status = cli_input_init_typed(&input, options, cli_input_form(options, codec), options->args + 1,
                                  options->arg_count - 1);
    if (status == 0) status = send_all(&client, &input);
    int finished = cli_client_finish(&client, &err);
    if (status == 0 && finished < 0) status = cli_fail(client.text, &err);
    cli_input_fini(&input);
    return status;
}

const cli_command cli_send = {
    .name = "send",
    .bit = CLI_SEND,
    .synopsis = "ENDPOINT [OBJECT...]",
    .summary = "send objects, expect no answer",
    .description = "As call, without waiting for answers.",
    .example = "  onggi send tcp://:9020 --codec pickle --framing u32be '{\"msg\": \"full\"}'\n",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .run = run,
};
