/* SPDX-License-Identifier: MIT */
/* Values as people read them. */
#ifndef ONGGI_CLI_PLAIN_H
#define ONGGI_CLI_PLAIN_H

#include <onggi/onggi.h>

/* Appends a str as it is, any other value as JSON. 0 or a negative status. */
int cli_plain_write(const og_json_write_options *json, og_value value, og_buf *out, og_error *err);

#endif
