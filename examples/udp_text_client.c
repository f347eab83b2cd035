/* SPDX-License-Identifier: MIT */
/* Sends a text in a datagram and prints the answer, as python/udp_text_client.py does. */
#include <onggi/onggi.h>

#include <stdio.h>

/* Usage: udp_text_client [ENDPOINT [TEXT]] */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "udp://127.0.0.1:12345";
    const char *text = argc > 2 ? argv[2] : "안녕하세요, UDP 서버!";
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "text";
    options.recv_timeout_ms = 10000;
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(NULL);
    og_conn *server = og_connect(endpoint, &options, &err);

    int status = server != NULL ? og_send(server, og_str(doc, text), &err) : err.code;
    og_value answer = OG_INIT;
    if (status == 0) {
        status = og_recv(server, &answer, &err);
    }
    if (status > 0) {
        size_t len;
        const char *data = og_data(answer, &len);
        printf("서버 응답: %.*s\n", (int)len, data);
    } else if (status == 0) {
        fprintf(stderr, "udp_text_client: the server closed without an answer\n");
    } else {
        fprintf(stderr, "udp_text_client: %s\n", err.text);
    }
    if (fflush(stdout) != 0) {
        perror("udp_text_client: standard output");
        status = -1;
    }
    og_close(server);
    og_doc_free(doc);
    return status > 0 ? 0 : 1;
}
