/* AUTH: PLAIN, LOGIN and EXTERNAL (RFC 4954, RFC 4616, RFC 4422). Any password is believed. */
#ifndef FAKE_SERVER_AUTH_H
#define FAKE_SERVER_AUTH_H

struct connection;
struct command;

void auth_check(struct connection *connection, struct command *command);
void auth_proceed(struct connection *connection, struct command *command);

#endif
