/*
 * The parameters of the model, and what a combination of their values says: who asks for what, who
 * is asked, and what happens.
 *
 * A combination is one number for each parameter: the place of its value in the table. Values stand
 * from the simplest on, so that a combination that fails is made smaller by going to the front.
 * Combinations that make no sense, or say what another says, are left out by model_allows().
 */
#ifndef HARNESS_MODEL_PARAMETERS_H
#define HARNESS_MODEL_PARAMETERS_H

#include "harness/scenario/scenario.h"

enum model_parameter {
    MODEL_POLICY,
    MODEL_TLS,
    MODEL_MODE,
    MODEL_ASK,
    MODEL_TRUST,
    MODEL_NAMES,
    MODEL_FIRST,
    MODEL_SECOND,
    MODEL_THIRD,
    MODEL_CHANGE,
    MODEL_SESSIONS,
    MODEL_PARAMETER_COUNT
};

/* The values of some parameters, in the order of their tables. */
enum model_policy { MODEL_DOC, MODEL_FRAMEWORK, MODEL_DOTNET_LINUX, MODEL_MONO, MODEL_OPENSSL };
enum model_change {
    MODEL_ONCE,
    MODEL_SAME,
    MODEL_EMPTIED,
    MODEL_TO_BOB,
    MODEL_REVERSED,
    MODEL_RENEWED,
    MODEL_TO_ALICE,
    MODEL_NEW_CLIENT,
    MODEL_RESTARTED
};
enum model_sessions { MODEL_BOTH, MODEL_IDS, MODEL_TICKETS, MODEL_NO_SESSIONS };

enum { MODEL_COLLECTION_MAX = 3, MODEL_AUTHORITIES_MAX = 2, MODEL_MAILS_MAX = 2 };

struct model_row {
    const char *name;
    const char *meaning;
    const char *const *values;
    size_t n_values;
    size_t n_kinds; /* so many at the front differ in kind; the others are like one of these */
};

extern const struct model_row model_parameters[MODEL_PARAMETER_COUNT];

struct model_combination {
    int values[MODEL_PARAMETER_COUNT];
};

/* The collection with which a mail is sent, by names of the cast. */
struct model_collection {
    const char *identities[MODEL_COLLECTION_MAX];
    size_t n;
};

struct model_authorities {
    const char *names[MODEL_AUTHORITIES_MAX];
    size_t n;
};

/* A combination taken apart. All strings are static. */
struct model_situation {
    enum model_policy policy;
    const char *tls; /* as the language spells it */
    enum scenario_mode mode;
    enum scenario_ask ask;
    struct model_authorities trust;
    struct model_authorities names;
    bool names_as_trust; /* they need not be said */
    enum model_sessions sessions;
    enum model_change change;
    struct model_collection mails[MODEL_MAILS_MAX];
    size_t n_mails;
};

struct model_situation model_situation_get(const struct model_combination *combination);

/* Tells whether a row of values makes sense; of one with open values (covering.h) false only when
 * no choice for those does. */
bool model_allows(const int *values);

/* The word of a parameter's value. */
const char *model_word(const struct model_combination *combination, enum model_parameter parameter);

#endif
