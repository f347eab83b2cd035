/* SPDX-License-Identifier: MIT */
/* Sends an object in JSON and prints the answer, as python/json_client.py does. */
#include <onggi/onggi.h>

#include <stdio.h>

/* print('Server response:', value) */
static void show(og_value value)
{
    og_buf text = OG_BUF_INIT;
    if (og_repr(value, &text, NULL, NULL) == 0) {
        printf("Server response: %.*s\n", (int)text.len, (const char *)text.data);
    }
    og_buf_free(&text);
}

/* Usage: json_client [ENDPOINT] */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:8080";
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "json";
    options.recv_timeout_ms = 10000;
    og_error err = OG_ERROR_INIT;
    og_doc *doc = og_doc_new(NULL);
    og_conn *server = og_connect(endpoint, &options, &err);

    int status = err.code;
    if (server != NULL) {
        og_value person =
            og_pack(doc, &err, "{s:s, s:i, s:s}", "name", "John", "age", 30, "city", "New York");
        status = og_send(server, person, &err);
    }
    og_value answer = OG_INIT;
    if (status == 0) {
        status = og_recv(server, &answer, &err);
    }
    if (status > 0) {
        show(answer);
    } else if (status == 0) {
        fprintf(stderr, "json_client: the server closed without an answer\n");
    } else {
        fprintf(stderr, "json_client: %s\n", err.text);
    }
    if (fflush(stdout) != 0) {
        perror("json_client: standard output");
        status = -1;
    }
    og_close(server);
    og_doc_free(doc);
    return status > 0 ? 0 : 1;
}
