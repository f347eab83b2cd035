/* SPDX-License-Identifier: MIT */
/*
 * Receives pickles until the server closes, and prints them, as python/pickle_client.py does; but what a
 * pickle names is never imported or called.
 */
#include <onggi/onggi.h>

#include <stdio.h>

/* print('Received:', value) */
static void show(og_value value)
{
    og_buf text = OG_BUF_INIT;
    if (og_repr(value, &text, NULL, NULL) == 0) {
        printf("Received: %.*s\n", (int)text.len, (const char *)text.data);
    }
    og_buf_free(&text);
}

/* Usage: pickle_client [ENDPOINT] */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:1234";
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "pickle";
    options.recv_timeout_ms = 10000;
    og_error err = OG_ERROR_INIT;

    og_conn *server = og_connect(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "pickle_client: %s\n", err.text);
        return 1;
    }
    og_value value;
    int status;
    bool any = false;
    while ((status = og_recv(server, &value, &err)) > 0) {
        show(value);
        any = true;
    }
    if (status < 0) {
        fprintf(stderr, "pickle_client: %s\n", err.text);
    } else if (!any) {
        fprintf(stderr, "pickle_client: the server closed without sending anything\n");
        status = -1;
    }
    if (fflush(stdout) != 0) {
        perror("pickle_client: standard output");
        status = -1;
    }
    og_close(server);
    return status == 0 ? 0 : 1;
}
