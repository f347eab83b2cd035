/* SPDX-License-Identifier: MIT */
/* Sends one pickle and closes, as python/pickle_sender.py does. */
#include <onggi/onggi.h>

#include <stdio.h>

/* Usage: pickle_sender [ENDPOINT] */
int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:1234";
    og_conn_options options = OG_INIT;
    options.size = sizeof(options);
    options.codec = "pickle";
    options.framing = "raw";
    og_error err = OG_ERROR_INIT;

    og_conn *server = og_connect(endpoint, &options, &err);
    if (server == NULL) {
        fprintf(stderr, "pickle_sender: %s\n", err.text);
        return 1;
    }
    og_doc *doc = og_doc_new(NULL);
    og_value person = og_pack(doc, &err, "{s:s, s:i, s:[s,s], s:(f,i)}", "name", "John", "age", 30, "langs",
                              "ko", "en", "pos", 1.5, -2);
    int status = og_send(server, person, &err);
    if (status < 0) {
        fprintf(stderr, "pickle_sender: %s\n", err.text);
    }
    og_doc_free(doc);
    og_close(server);
    return status == 0 ? 0 : 1;
}
