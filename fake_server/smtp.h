/*
 * The dialogue of SMTP: greeting, command loop, end. RFC 5321 with the extensions that verbs.c
 * knows.
 *
 * What a command does follows from the code that was really sent, so that a script which answers
 * 451 to a RCPT also makes the recipient be refused.
 */
#ifndef FAKE_SERVER_SMTP_H
#define FAKE_SERVER_SMTP_H

struct connection;

/* Serves the connection until connection->ending is decided. */
void smtp_run(struct connection *connection);

/* Forgets the transaction; the whole dialogue, as after STARTTLS; frees what it owns. */
void smtp_clear_mail(struct connection *connection);
void smtp_clear(struct connection *connection);
void smtp_release(struct connection *connection);

/* Tells of a limit, sends `text` and ends the connection. Returns -1. */
int smtp_limit(struct connection *connection, const char *what, const char *text);

/* Ends a connection that has lived too long. Returns 0, or -1. */
int smtp_check_lifetime(struct connection *connection);

/* Reports what the client says until it closes, and answers nothing. */
void smtp_listen(struct connection *connection);

/* Reports a line of the client. `early` as in EVENT_COMMAND. */
void smtp_report_command(const struct connection *connection, const char *verb, const char *line,
                         int early);

#endif
