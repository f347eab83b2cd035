/* SPDX-License-Identifier: MIT */
/* Answers each datagram of text with a sentence that contains it, as python/udp_text_server.py does. */
#include <onggi/onggi.h>

#include <stdio.h>
#include <stdlib.h>

/* data, addr = server.recvfrom(1024); server.sendto(f'서버로부터 응답: {data}'.encode(), addr) */
static int answer(og_conn *sender, og_error *err)
{
    og_value text;
    int got = og_recv(sender, &text, err);
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
        status = og_send(sender, og_str_borrow((const char *)reply.data, reply.len), err);
    }
    og_buf_free(&reply);
    return status;
}

/* Usage: udp_text_server [ENDPOINT [DATAGRAMS]]; without a number of datagrams it serves for ever. */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "udp://127.0.0.1:12345";
    long datagrams = argc > 2 ? strtol(argv[2], NULL, 10) : -1;
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "text";
    og_error err = OG_ERROR_INIT;

    og_listener *server = og_listen(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "udp_text_server: %s\n", err.text);
        return 1;
    }
    fprintf(stderr, "listening on %s\n", og_listener_endpoint(server));

    while (datagrams != 0) {
        /* For datagrams each one that arrives is a connection, with its sender at the other end. */
        og_conn *sender = og_accept(server, OG_FOREVER, &err);
        if (sender == NULL) {
            fprintf(stderr, "udp_text_server: %s\n", err.text);
            break;
        }
        if (answer(sender, &err) < 0) {
            fprintf(stderr, "%s: %s\n", og_conn_peer(sender), err.text);
        }
        og_close(sender);
        datagrams -= datagrams > 0;
    }
    og_listener_close(server);
    if (fflush(stdout) != 0) {
        perror("udp_text_server: standard output");
        return 1;
    }
    return datagrams == 0 ? 0 : 1;
}
