/*
 * All that runs while a case is played, and the one place where it waits (private to run/).
 */
#ifndef HARNESS_RUN_STAGE_H
#define HARNESS_RUN_STAGE_H

#include "harness/base/process.h"
#include "harness/run/ports.h"
#include "harness/run/run.h"

/* Bytes of a stream on their way, line by line. */
struct stage_lines {
    char *bytes; /* talloc */
    size_t size;
};

struct stage {
    const struct scenario *scenario;
    const struct pki *pki;
    const struct run_options *options;
    struct evidence *evidence;
    int64_t deadline_ms;
    int start_ms;                        /* of it, what the client is given to start in */
    bool connected;                      /* it has been there: its time runs */
    struct ports ports;                  /* of the fake server */
    struct fake_server_capture *capture; /* in the server's process; NULL: none is wanted */
    int captured[2];        /* memory shared with it: the capture as pcapng, its secrets; -1 */
    struct process *server; /* the fake one; beside a real one it takes what that relays */
    const struct profile *subject;   /* the real server under test; NULL: the fake one is */
    struct mail_server *mail_server; /* runs it; NULL */
    int n_heard;                     /* connections that the client told of */
    char port[8], second_port[8];    /* of it; "": it has none */
    struct stage_lines server_lines;
    int seen_step;         /* the last step that the server confirmed */
    int token, seen_token; /* the last record that it was asked for, and finished */
    int awaited;           /* event id that `wait:` wants; -1: none yet */
    const struct client *client;
    struct process *process;     /* the client's; NULL: none runs */
    int mails;                   /* that it was given so far */
    bool more;                   /* it is to send another one */
    struct process *feeder;      /* writes a message into a fifo; NULL */
    int reached;                 /* the mail that it has come to, where it rings; from 1 */
    int said_code;               /* exit code that it told of this mail */
    const char *said;            /* ... in this line; "" */
    struct process *usher;       /* says which mail the client has come to; NULL */
    struct stage_lines input;    /* what the client has not yet taken */
    struct stage_lines lines[2]; /* of the client's output and errors */
    struct stage_lines kept[2];  /* all of both, up to CLIENT_OUTPUT_MAX; ends with a NUL */
    const struct scenario_client *identities_of; /* whose files lie there; NULL: nobody's yet */
    int step;                                    /* the step being played, from 1 */
    bool over;                                   /* all steps were played */
};

/* One kind of client. */
struct client {
    const char *name;
    /* Begins the mail of the step; the client's process may have to be started. */
    int (*begin)(struct stage *stage, const struct scenario_step *step, struct error *err);
    /* A line came from its output (0) or errors (1). */
    void (*line)(struct stage *stage, int stream, const char *line);
    /* It has come to its mail number `mail`: the one before is over. */
    void (*reached)(struct stage *stage, int mail);
    /* Its process has ended and all it wrote has been read. */
    void (*ended)(struct stage *stage);
};

extern const struct client client_driver;  /* JSON lines: the reference client, drivers */
extern const struct client client_command; /* a command line */

/* The answer of the step being played. */
struct evidence_answer *stage_answer(struct stage *stage);

/* What became of a mail for which a process that took others before it had no answer: whether its
 * end is noticed before the mail or after, it is the same. */
#define STAGE_ENDED_TOO_EARLY "the client's process ended before it answered for this mail"

/* Marks the mail of the step being played as ended. */
void stage_answered(struct stage *stage, const char *outcome, const char *error);

/* Milliseconds that the client has for what it does now, without its start. */
int64_t stage_time_left(const struct stage *stage);

/* Waits until `done` says so. Returns 0, or -1 when the deadline passed or the case was given up
 * (`err` says which). Errors: ERROR_SYSTEM. */
int stage_wait(struct stage *stage, bool (*done)(const struct stage *stage), const char *what,
               struct error *err);

/* Starts the client's process with its streams caught; one that is executed, with an empty HOME and
 * the environment of its profile. `values` are those of its first mail. */
int stage_start_client(struct stage *stage, const struct process_options *options,
                       const struct profile_values *values, struct error *err);

/* Gives bytes to the client's standard input, as it takes them. One that has closed it is told by
 * what it then does: that is evidence. */
void stage_write_client(struct stage *stage, const char *bytes, size_t size);

/* Ends the client's process: closes its input, waits until it has gone when `patient`, else kills
 * it. */
void stage_stop_client(struct stage *stage, bool patient);

/* Remarks what of the client still runs when its time is up. */
void stage_note_hanging(struct stage *stage);

/* --- server.c: the fake server's process --- */

int stage_start_server(struct stage *stage, struct error *err);

/* The port that a step's client is to connect to. */
const char *stage_port(const struct stage *stage, const struct scenario_step *step);

/* Tells the server that a step begins; waits until it is in force. */
int stage_server_step(struct stage *stage, const struct scenario_step *step, struct error *err);
int stage_server_await_step(struct stage *stage, struct error *err);

/* Waits until all that the client did so far is recorded. */
int stage_server_sync(struct stage *stage, struct error *err);

void stage_stop_server(struct stage *stage);

/* Fills the settings of a step; what the OpenSSL stacks hold is freed by the second function, what
 * else is made for them lives in `context`. */
void stage_fill_settings(struct fake_server_settings *settings, void *context,
                         const struct scenario *scenario, const struct pki *pki,
                         const struct scenario_step *step, const char *directory);
void stage_free_settings(struct fake_server_settings *settings);

/* --- mail_server.c: a real server's process --- */

/* Writes its configuration for a step and starts it anew where the step changes it; returns when it
 * greets. Errors: ERROR_SYSTEM, with the end of its log. */
int mail_server_step(struct stage *stage, const struct scenario_step *step, struct error *err);

/* Takes what it says of the step's mail: waits for the message that it relays, and for whom it took
 * the client for. Errors: ERROR_SYSTEM. */
int mail_server_take_record(struct stage *stage, struct error *err);

/* Descriptors for poll(2): its output, its errors, its end; -1 where there is none. */
enum { MAIL_SERVER_FDS = 3 };
void mail_server_fds(const struct stage *stage, int fds[MAIL_SERVER_FDS]);

/* Reads what it wrote. Returns -1 when it has ended, which it was not told to. */
int mail_server_read(struct stage *stage, struct error *err);

/* Ends it, and puts the end of its log into the evidence. */
void mail_server_stop(struct stage *stage);

/* --- values_server.c: what it is told --- */

/* The folder that it runs in, `server` in that of the case, by a short name. */
const char *mail_server_directory(const struct stage *stage);
int mail_server_make_directory(const struct stage *stage, struct error *err);
void mail_server_forget_directory(const struct stage *stage);

/* Writes certificates, keys and authorities, and fills the values of the placeholders. */
int mail_server_values(const struct stage *stage, const struct scenario_step *step,
                       struct profile_values *values, struct error *err);

/* --- heard.c: the client's evidence in the words of the server's --- */

/* Adds the events of an answer to the evidence. */
void heard_take(struct stage *stage, const json_t *report);

/* --- capture.c: what was on the wire, from the server's process into the evidence --- */

/* Makes the memory that both share, before the fork; where this fails there is no capture. */
void stage_open_capture(struct stage *stage);

/* In the server's process: writes the capture there. */
void stage_write_capture(const struct stage *stage);

/* After its end: takes it into the evidence, and lets the memory go. */
void stage_close_capture(struct stage *stage);

/* --- values.c: what the client is told --- */

/* The values of the placeholders for the mail of a step; owned by the evidence. */
struct profile_values stage_values(const struct stage *stage, const struct scenario_step *step);

/* The fifo that the client opens when it is ready for the mail of a step. */
const char *stage_ready_path(const struct stage *stage, const struct scenario_step *step);

/* Makes the directory that the client takes for its user's; returns its path, or NULL. Errors:
 * ERROR_SYSTEM. */
const char *stage_home(const struct stage *stage, struct error *err);

/* Writes the files of a profile below a directory. Errors: ERROR_SYSTEM. */
int run_write_files(const struct profile *profile, const char *directory,
                    const struct profile_values *values, struct error *err);

/* --- files.c: what the client is given --- */

/* The absolute path of a file in the case's directory, owned by the evidence. */
const char *stage_path(const struct stage *stage, const char *name);

/* The file of the authorities that the client trusts: trust.pem, and another for each other set of
 * them, as users have it who change the setting. */
const char *stage_trust_path(const struct stage *stage, const struct scenario_client *client);

/* Writes the certificates, keys and trust file of a step's collection, unless they lie there. */
int stage_write_identities(struct stage *stage, const struct scenario_step *step,
                           struct error *err);

/* The files that a probe finds an identity in, without their endings. */
const char *stage_probe_path(const struct stage *stage, const char *identity);

/* Writes what later steps name and nothing has been written for yet: a program that is told all at
 * once may look whether its files are there. */
int stage_write_ahead(const struct stage *stage, struct error *err);

/* Makes the message of a step and remembers it in the step's answer; writes it to a file, or makes
 * the file a fifo. Returns its path, or NULL. */
const char *stage_write_message(struct stage *stage, const struct scenario_step *step, bool fifo,
                                struct error *err);

#endif
