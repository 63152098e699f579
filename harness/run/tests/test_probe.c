#include "harness/run/probe.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

static const char *const nothing[] = { NULL };
static const char *const packages[] = { "cat", NULL };

static struct profile asks(const char *version)
{
    return (struct profile){ .version = version, .packages = packages, .npm = nothing };
}

Test(probe, tells_versions_and_what_is_missing, .timeout = 30)
{
    struct profile some[] = {
        asks("echo mysend 7.88.1-10 (x86)"),
        asks("sh -c 'echo 1.0; echo MySend v3.2 >&2; echo TLS: OpenSSL 3.0.1'"),
        asks("echo none here"),
        asks("/nonexistent/mysend --version"),
        asks("sh -c 'echo no module >&2; exit 3'"),
        asks(NULL),
        asks("{program} --version"),
    };
    const struct profile *profiles[] = { &some[0], &some[1], &some[2], &some[3],
                                         &some[4], &some[5], NULL,     &some[6] };
    struct probe probes[8];
    void *context = talloc_new(NULL);

    some[1].version_is = "^MySend v([0-9.]+)";
    some[1].library_is = "^TLS: (.*)";
    some[6].program = "/nonexistent/other";
    probe_clients(context, profiles, 8, probes);

    cr_expect_str_eq(probes[0].version, "7.88.1-10");
    cr_expect_str_eq(probes[0].library, "");
    cr_expect_str_eq(probes[1].version, "3.2");
    cr_expect_str_eq(probes[1].library, "OpenSSL 3.0.1");
    cr_expect_str_eq(probes[2].version, "");
    cr_expect_null(probes[2].missing);
    cr_assert_not_null(probes[3].missing);
    cr_expect_not_null(strstr(probes[3].missing, "not installed: cannot run /nonexistent/mysend"));
    cr_expect_not_null(strstr(probes[3].missing, "`make setup-clients` brings cat"));
    cr_assert_not_null(probes[4].missing);
    cr_expect_not_null(strstr(probes[4].missing, "ends with 3: no module"), "%s",
                       probes[4].missing);
    cr_expect(probes[5].missing == NULL && probes[6].missing == NULL);
    cr_expect_not_null(probes[7].missing);
    talloc_free(context);
}

Test(probe, the_environment_is_clean, .timeout = 30)
{
    const struct profile_text variables[] = { { "MINE", "{program}/x" }, { "GONE", "{cert}" } };
    struct profile profile = asks("env");
    const struct profile *const profiles[] = { &profile };
    struct probe probe;
    void *context = talloc_new(NULL);

    setenv("COUNTERSEAL_FOR_IT", "1.5", 1);
    setenv("SSL_CERT_FILE", "/of/the/user", 1);
    profile.program = "p";
    profile.variables = variables;
    profile.n_variables = 2;
    profile.version = "sh -c 'env; echo \"[${HOME}] [${SSL_CERT_FILE}] [${MINE}] [${GONE-unset}] "
                      "[${COUNTERSEAL_FOR_IT}] [${PATH:+path}]\"'";
    profile.version_is = "^(\\[.*)";
    probe_clients(context, profiles, 1, &probe);

    cr_expect_str_eq(probe.version, "[/nonexistent] [] [p/x] [unset] [1.5] [path]");
    talloc_free(context);
}

Test(probe, deviations_bind_their_versions)
{
    static const struct bind_case {
        const char *since, *until, *version;
        bool want;
    } cases[] = {
        { NULL, NULL, "", true },
        { NULL, NULL, "1.0", true },
        { "7.36", NULL, "7.35", false },
        { "7.36", NULL, "7.36.0", true },
        { NULL, "8.20", "8.20.0", true },
        { NULL, "8.20.0", "8.20.1", false },
        { NULL, "8.20.0", "8.21", false },
        { "7.36", "8.20", "7.88", true },
        { "7.36", "8.20", "", false },
        { "7.88.1", "7.88.1", "7.88.1", true },
        { "7.88.1", "7.88.1", "7.88.2", false },
        { "7.88.1", "7.88.1", "7.88.0", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct profile_known known = { .since = cases[i].since, .until = cases[i].until };

        cr_expect_eq(probe_binds(&known, cases[i].version), cases[i].want, "row %zu", i);
    }
}
