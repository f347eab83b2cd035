/* SPDX-License-Identifier: MIT */
/* Records of Python's logging, as logging.basicConfig() shows them. */
#ifndef ONGGI_CLI_RECORD_H
#define ONGGI_CLI_RECORD_H

#include "cli/plain.h"

/* True for what SocketHandler and DatagramHandler send: a dict with a message and a level. */
bool cli_is_record(og_value value);

/* Appends "WARNING:name:message", then the traceback and the stack on lines of their own. 0 or a negative
 * status. */
int cli_record_write(const og_json_write_options *json, og_value record, og_buf *out, og_error *err);

#endif
