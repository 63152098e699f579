/*
 * The schema: one table of all keys, and the walker that fills structs from it.
 *
 * A key is a row: where it stands, what values it takes, which member it fills, one line about it.
 * Reading a section writes the members of the keys that are there and no others, so that the
 * changes of a step are a section read over a copy of what was in force. The reference manual is
 * printed from the same rows.
 *
 * A type knows how to read one value. Types that only one module needs live in that module.
 */
#ifndef HARNESS_SCENARIO_SCHEMA_H
#define HARNESS_SCENARIO_SCHEMA_H

#include "harness/scenario/document.h"

/* X(id, heading in the reference manual, where it stands) */
/* clang-format off */
#define SECTIONS(X) \
    X(TOP, "A scenario", "The top of the file.") \
    X(IDENTITY, "pki: NAME:", "Each identity below `pki:`. One of the standard cast keeps what is not said.") \
    X(SERVER, "server:", "At the top: the server. In a step: what changes, from the next connection on.") \
    X(HOST, "server.hosts: NAME:", "Each virtual server; what it does not say is as in the server.") \
    X(PORT, "server.ports: NAME:", "Each further port, which `client.port` names; what it does not say is as in the server. There are no virtual servers.") \
    X(ASK, "server.client_certificate:", "What the server asks for.") \
    X(ACCOUNT, "server.client_certificate.accounts: NAME:", "Each account; of the ways to know its certificate all that are given must fit.") \
    X(SESSIONS, "server.sessions:", "`none`, or these.") \
    X(DELTA, "server.script:", "Each row of the script.") \
    X(LIMIT, "server.script: limit:", "The same as the keys beside it.") \
    X(CLIENT, "client:", "At the top: the client. In a step: what changes.") \
    X(STEP, "steps:", "Each step; a step must do something.") \
    X(SEND, "steps: send:", "The message; `{}` is one with every part at its default.") \
    X(PROBE, "steps: probe:", "A client of our own that says what no library would: it greets, starts TLS, sends the message of `send:` (or a default one) and says QUIT, and each row is where it does something else. `[]` is a good client. The first certificate of the collection is shown whatever the server names.") \
    X(PROFILE, "A client profile", "The top of the file.") \
    X(HOLDS, "certificates:", "What its collection can hold.") \
    X(MODE_WORDS, "profile: mode_words", "What `{mode}` in a command stands for.") \
    X(TLS_WORDS, "profile: tls_words", "What `{tls}` in a command stands for.") \
    X(DIFFERENCE, "message:", "What it does to a message.") \
    X(OUTCOME, "outcomes:", "Each row; the first that fits tells the outcome.") \
    X(KNOWN, "known:", "Each known deviation.") \
    X(SERVER_PROFILE, "A server profile", "The top of the file.") \
    X(TELLS, "identity:", "Where the server tells whom it took the client for, by the common name; no match: nobody.") \
    X(COVERAGE, "What has no case", "The top of cases/coverage.yaml.") \
    X(REASON, "reasons:", "Each reason.")
/* clang-format on */
#define SECTION_AS_ENUM(id, heading, about) SECTION_##id,
enum section { SECTIONS(SECTION_AS_ENUM) SECTION_COUNT };

/* The structs that members are members of; a reader has one of each at a time. */
enum target {
    TARGET_NONE,
    TARGET_SCENARIO,
    TARGET_SERVER,
    TARGET_CLIENT,
    TARGET_STEP,
    TARGET_MESSAGE,
    TARGET_DELTA,
    TARGET_PROBE,
    TARGET_ACCOUNT,
    TARGET_IDENTITY,
    TARGET_PROFILE,
    TARGET_PROFILE_SERVER,
    TARGET_OUTCOME,
    TARGET_KNOWN,
    TARGET_COVERAGE,
    TARGET_REASON,
    TARGET_COUNT
};

enum schema_flags {
    SCHEMA_REQUIRED = 1 << 0,  /* must be there */
    SCHEMA_ONLY_TOP = 1 << 1,  /* not in a step */
    SCHEMA_ONLY_STEP = 1 << 2, /* only in a step */
    SCHEMA_ONE_LINE = 1 << 3,  /* a text without line ends and other controls */
    SCHEMA_INVERTED = 1 << 4,  /* `no` sets the member */
    SCHEMA_AUTHORITY = 1 << 5, /* the identities are authorities */
    SCHEMA_SHOULD = 1 << 6     /* the expectations are wishes */
};

struct slot;

/* What kind of value a key takes. */
struct schema_type {
    const char *name; /* for the reference manual */
    void (*read)(const struct slot *slot);
};

/* The order is that in which people read a row.
 * NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct schema_row {
    enum section section;
    const char *key;
    const struct schema_type *type;
    enum target target;
    size_t offset;     /* of the member in the target */
    unsigned flags;    /* enum schema_flags */
    const char *words; /* allowed words, separated by "|" */
    long min,
        max; /* of numbers; of words: `min` is the value of the first; of sections: which one */
    const char *doc;
};

/* All rows, ends with a row without a key. */
extern const struct schema_row schema_rows[];

/* Who reads a file. */
struct reader {
    void *context; /* talloc: what is read lives there */
    struct faults *faults;
    struct scenario *scenario;   /* NULL in a profile */
    void *targets[TARGET_COUNT]; /* set by who reads a section */
    bool in_step;
    bool has_sent; /* a step has sent something */
};

/* One value that is being read. */
struct slot {
    struct reader *reader;
    const struct schema_row *row;
    const struct node *value;
    const struct path *path;
    char *member; /* what the row says to fill */
};

/* Reads a mapping (an empty value is an empty one) into the targets of the reader. Rows are read in
 * the order of the table. Adds a mistake for what is unknown, missing or wrong. */
void schema_read(struct reader *reader, enum section section, const struct node *map,
                 const struct path *path);

/* Returns the row of a key, or NULL. */
const struct schema_row *schema_find(enum section section, const char *key);

/* --- for those who write types --- */

/* Adds a mistake at the value. */
void slot_fault(const struct slot *slot, const char *format, ...) PRINTF_LIKE(2, 3);

/* Returns the value's text, or NULL with a mistake when it is no text without NUL. */
const char *slot_text(const struct slot *slot);

/* Returns the index of the value among words such as "yes|no", or -1 with a mistake. */
int slot_word(const struct slot *slot, const char *words);

/* Returns the value as a list: a single value is a list of one, an empty one has none. Mistakes: a
 * mapping, or an item that is no text; then `*n` is 0. Owned by the reader. */
const struct node *const *slot_items(const struct slot *slot, size_t *n);

/* Sets a pointer member and the size_t member right behind it. */
void slot_set_array(const struct slot *slot, const void *items, size_t n);

/* Returns what slot_set_array() set, or NULL. */
const void *slot_get_array(const struct slot *slot, size_t *n);

/* Sets a pointer member. */
void slot_set_pointer(const struct slot *slot, const void *pointer);

/* Reads a duration such as "90s", "+2h", "3d", "200ms"; a bare number has the unit `unit_ms`.
 * Returns false when it is none. */
bool duration_parse(const char *text, long long unit_ms, long long *ms);

#endif
