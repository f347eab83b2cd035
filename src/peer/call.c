/* SPDX-License-Identifier: MIT */
/* Asking and being answered, over a blocking connection. */
#include "peer/handle.h"

#include "base/plural.h"

int og_poll(og_conn *conn, int64_t timeout_ms, og_error *err)
{
    if (conn->ops->poll) return conn->ops->poll(conn, timeout_ms, err);
    return og_error_set(err, OG_EINVAL, OG_NO_POSITION,
                        "a server's connection hands its values to on_message");
}

/* What has come before the object was sent does not answer it. */
static int refuse_surplus(og_conn *conn, og_error *err)
{
    int status = og_poll(conn, 0, err);
    if (status <= 0) return status == OG_ECLOSED ? OG_OK : status;
    return og_error_set(
        err, OG_ETRAILING, OG_NO_POSITION,
        "a message that answers nothing has arrived: the peer greets first (skip), or answers "
        "more than once (answers)");
}

int og_call(og_conn *conn, og_value value, og_value *answer, og_error *err)
{
    int status = refuse_surplus(conn, err);
    if (status == OG_OK) status = og_send(conn, value, err);
    size_t answers = conn->setup->answers;
    for (size_t i = 0; status == OG_OK && i < answers; i++) {
        status = og_recv(conn, answer, err);
        if (status == 0)
            return og_error_set(err, OG_ECLOSED, OG_NO_POSITION, "the peer closed after %zu of %zu answer%s",
                                i, answers, og__base_plural(answers));
        if (status > 0) status = OG_OK;
    }
    return status;
}
