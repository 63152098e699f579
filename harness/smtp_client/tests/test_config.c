#include "harness/smtp_client/tests/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cast cast;

static void set_up(void)
{
    cast_open(&cast);
}

static void tear_down(void)
{
    cast_close(&cast);
}

TestSuite(config, .init = set_up, .fini = tear_down);

static const char *write_config(const char *text)
{
    const char *path = cast_file(&cast, "app.config");
    FILE *stream = fopen(path, "w");

    fputs(text, stream);
    fclose(stream);
    return path;
}

#define SMTP(attributes, content)                                                                  \
    "<?xml version=\"1.0\"?>\n<configuration>\n<appSettings><add key=\"x\" "                       \
    "value=\"y\"/></appSettings>\n"                                                                \
    "<system.net><settings/><mailSettings>\n<smtp " attributes ">\n" content                       \
    "\n</smtp></mailSettings></system.net>\n</configuration>\n"

static struct smtp_config *load(const char *text, enum smtp_client_policy policy)
{
    char why[512] = "";
    struct smtp_config *config = smtp_config_load(write_config(text), policy, why, sizeof(why));

    cr_assert_not_null(config, "%s", why);
    return config;
}

Test(config, every_attribute_has_its_place)
{
    struct smtp_config *config =
        load(SMTP("deliveryMethod='network' deliveryFormat='International' from='ben@contoso.com'",
                  "<network host=' mail ' port='587' userName='ben' password='p' "
                  "clientDomain='c' targetName='t' enableSsl='TRUE' defaultCredentials='false'/>"
                  "<specifiedPickupDirectory pickupDirectoryLocation='/var/pickup'/>"),
             SMTP_CLIENT_POLICY_DOC);
    struct smtp_client_settings settings = { 0 };

    smtp_config_apply(config, &settings);
    cr_expect_str_eq(settings.host, "mail");
    cr_expect_eq(settings.port, 587);
    cr_expect_eq(settings.security, SMTP_CLIENT_TLS_REQUIRED);
    cr_expect_eq(settings.delivery, SMTP_CLIENT_NETWORK);
    cr_expect_str_eq(settings.domain, "c");
    cr_expect_str_eq(settings.target_name, "t");
    cr_expect_eq(settings.credentials.kind, SMTP_CLIENT_CREDENTIALS_GIVEN);
    cr_expect_str_eq(settings.credentials.user, "ben");
    cr_expect_str_eq(settings.credentials.password, "p");
    cr_expect_str_eq(settings.pickup_directory, "/var/pickup");
    cr_expect_str_eq(smtp_config_from(config), "ben@contoso.com");
    cr_expect(smtp_config_international(config));
    smtp_config_free(config);
}

Test(config, what_the_file_does_not_say_has_its_default)
{
    struct smtp_config *config = load("<configuration/>", SMTP_CLIENT_POLICY_DOC);
    struct smtp_client_settings settings = { 0 };

    smtp_config_apply(config, &settings);
    cr_expect_null(settings.host);
    cr_expect_eq(settings.port, 0);
    cr_expect_eq(settings.security, SMTP_CLIENT_TLS_NONE);
    cr_expect_eq(settings.credentials.kind, SMTP_CLIENT_CREDENTIALS_NONE);
    cr_expect_null(smtp_config_from(config));
    cr_expect_eq(smtp_certificates_count(smtp_config_certificates(config)), 0);
    smtp_config_free(config);
}

/* R65: host and port of the constructor go before the file, but nothing else does. */
Test(config, the_constructor_goes_before_the_file)
{
    struct smtp_config *config = load(
        SMTP("", "<network host='mail' port='587' enableSsl='true'/>"), SMTP_CLIENT_POLICY_DOC);
    struct smtp_client_settings settings = { .host = "other", .port = 26 };

    smtp_config_apply(config, &settings);
    cr_expect_str_eq(settings.host, "other");
    cr_expect_eq(settings.port, 26);
    cr_expect_eq(settings.security, SMTP_CLIENT_TLS_REQUIRED);
    smtp_config_free(config);
}

Test(config, default_credentials_go_before_a_name)
{
    struct smtp_config *config = load(
        SMTP("", "<network userName='ben' defaultCredentials='true'/>"), SMTP_CLIENT_POLICY_DOC);
    struct smtp_client_settings settings = { 0 };

    smtp_config_apply(config, &settings);
    cr_expect_eq(settings.credentials.kind, SMTP_CLIENT_CREDENTIALS_DEFAULT);
    smtp_config_free(config);
}

#define CERTIFICATES(content)                                                                      \
    SMTP("", "<clientCertificates xmlns='urn:counterseal:client-certificates'>" content            \
             "</clientCertificates>")

/* S2, R64, decision 3. */
Test(config, names_certificates_for_the_policy_of_the_page_alone)
{
    static const size_t counts[SMTP_CLIENT_POLICY_COUNT] = { [SMTP_CLIENT_POLICY_DOC] = 2 };
    char text[2048];

    snprintf(text, sizeof(text), CERTIFICATES("<add file='%s' key='%s'/><add file='%s'/>"),
             strrchr(cast_certificate(&cast, ALICE), '/') + 1, cast_key(&cast, ALICE),
             cast_certificate(&cast, BOB));
    for (int policy = 0; policy < SMTP_CLIENT_POLICY_COUNT; policy++) {
        struct smtp_config *config = load(text, (enum smtp_client_policy)policy);
        const struct smtp_certificates *named = smtp_config_certificates(config);

        cr_expect_eq(smtp_certificates_count(named), counts[policy], "%s: got %zu",
                     smtp_client_policy_name((enum smtp_client_policy)policy),
                     smtp_certificates_count(named));
        if (counts[policy] > 0)
            cr_expect_str_eq(smtp_certificate_fingerprint(smtp_certificates_at(named, 0)),
                             cast_fingerprint(&cast, ALICE));
        smtp_config_free(config);
    }
}

/* R67 */
Test(config, is_not_read_on_linux)
{
    char why[256];
    struct smtp_config *config =
        smtp_config_load("/nowhere", SMTP_CLIENT_POLICY_DOTNET_LINUX, why, sizeof(why));

    cr_assert_not_null(config);
    smtp_config_free(config);
}

Test(config, mistakes_are_told_with_their_line)
{
    static const struct {
        const char *text, *want;
        enum smtp_client_policy policy;
    } rows[] = {
        { SMTP("", "<network hots='x'/>"), ":6: <network> has no attribute \"hots\", only host,",
          SMTP_CLIENT_POLICY_DOC },
        { SMTP("form='x'", ""), ":5: <smtp> has no attribute \"form\", only deliveryMethod,",
          SMTP_CLIENT_POLICY_DOC },
        { SMTP("", "<network port='70000'/>"),
          ":6: port=\"70000\" must be a number from 1 to 65535", SMTP_CLIENT_POLICY_DOC },
        { SMTP("", "<network port=''/>"), ":6: port=\"\" must be", SMTP_CLIENT_POLICY_DOC },
        { SMTP("", "<network enableSsl='yes'/>"), ":6: enableSsl=\"yes\" must be true or false",
          SMTP_CLIENT_POLICY_DOC },
        { SMTP("deliveryMethod='Post'", ""), "must be Network|SpecifiedPickupDirectory|",
          SMTP_CLIENT_POLICY_DOC },
        { SMTP("", "<netwerk/>"), ":6: <smtp> holds network,", SMTP_CLIENT_POLICY_DOC },
        { SMTP("", "<network><x/></network>"), ":6: <network> holds no elements",
          SMTP_CLIENT_POLICY_DOC },
        { CERTIFICATES("<add key='x'/>"), ":6: <add> must name a file", SMTP_CLIENT_POLICY_DOC },
        { CERTIFICATES("<add file='x' name='y'/>"), ":6: <add> has no attribute \"name\"",
          SMTP_CLIENT_POLICY_DOC },
        { CERTIFICATES("<remove/>"), ":6: <clientCertificates> holds <add>, not <remove>",
          SMTP_CLIENT_POLICY_DOC },
        { CERTIFICATES("<add file='/nowhere.pem'/>"), "/nowhere.pem: No such file",
          SMTP_CLIENT_POLICY_DOC },
        { "<configuration>\n<a>\n</configuration>", ":3: Premature end of data",
          SMTP_CLIENT_POLICY_DOC },
        { "<x/>", ":1: the root is <configuration>", SMTP_CLIENT_POLICY_DOC },
        { "<!DOCTYPE x [<!ENTITY e 'x'>]><configuration/>", "no document type",
          SMTP_CLIENT_POLICY_DOC },
        { SMTP("", "<network clientDomain='x'/>"), "Mono knows no attribute \"clientDomain\"",
          SMTP_CLIENT_POLICY_MONO },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char why[512] = "";
        const char *path = write_config(rows[i].text);

        cr_expect_null(smtp_config_load(path, rows[i].policy, why, sizeof(why)), "%s",
                       rows[i].text);
        cr_expect(strncmp(why, path, strlen(path)) == 0 && strstr(why, rows[i].want) != NULL,
                  "%s: got %s", rows[i].want, why);
    }
}
