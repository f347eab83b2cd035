/* SPDX-License-Identifier: MIT */
/* Answers each TCP client's text with a sentence that contains it, as python/tcp_text_server.py does. */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>

/* data = client.recv(1024); client.send(f'서버로부터 응답: {data}'.encode()) */
static int answer(og_conn *client, og_error *err)
{
    og_value text;
    int got = og_recv(client, &text, err);
    if (got <= 0) {
        return got;
    }
    size_t len;
    const char *data = og_data(text, &len);
    printf("받은 메시지: %.*s\n", (int)len, data);

    og_buf reply = OG_BUF_INIT;
    int status = og_buf_puts(&reply, "서버로부터 응답: ");
    if (status == 0) {
        status = og_buf_put(&reply, data, len);
    }
    if (status == 0) {
        status = og_send(client, og_str_borrow((const char *)reply.data, reply.len), err);
    }
    og_buf_free(&reply);
    return status;
}

/* Usage: tcp_text_server [ENDPOINT [CLIENTS]]; without a number of clients it serves for ever. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:12345";
    long clients = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "text";
    options.framing = "raw";
    og_error err = OG_ERROR_INIT;

    og_listener *server = og_listen(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "tcp_text_server: %s\n", err.text);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", og_listener_endpoint(server));

    while (clients != 0) {
        og_conn *client = og_accept(server, OG_FOREVER, &err);
        if (client == NULL) {
            fprintf(stderr, "tcp_text_server: %s\n", err.text);
            break;
        }
        if (answer(client, &err) < 0) {
            fprintf(stderr, "%s: %s\n", og_conn_peer(client), err.text);
        }
        og_close(client);
        clients -= clients > 0;
    }
    og_listener_close(server);
    if (fflush(stdout) != 0) {
        perror("tcp_text_server: standard output");
        return 1;
    }
    return clients == 0 ? 0 : 1;
}
