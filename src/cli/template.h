/* SPDX-License-Identifier: MIT */
/*
 * Templates of --format, as Python's str.format() has them: {time} {peer} {value[name][0]}, and {{ and }} for
 * braces. A key in brackets reaches into a dict, a list or the attributes of an object.
 */
#ifndef ONGGI_CLI_TEMPLATE_H
#define ONGGI_CLI_TEMPLATE_H

#include "cli/plain.h"

/* 0, or OG_EINVAL with the position at which the template is not well formed. */
int cli_template_check(const char *text, og_error *err);

/* Appends the template with its fields filled in. 0, OG_ENOTFOUND when a key is not there, or another
 * negative status. */
int cli_template_write(const char *text, const og_json_write_options *json, og_value value,
                       const og_conn *conn, og_buf *out, og_error *err);

#endif
