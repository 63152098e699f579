/*
 * The mail settings of a .NET configuration file (app.config, web.config):
 * configuration/system.net/mailSettings/smtp, every attribute of it and nothing else of the file.
 *
 * A certificate can be named in no attribute of .NET's. The page says that the collection's default
 * comes from the file, so there is one element of ours, which its namespace marks:
 *
 *   <smtp>
 *     <clientCertificates xmlns="urn:counterseal:client-certificates">
 *       <add file="alice.pem" key="alice.key"/>
 *       <add file="alice.pfx" password="secret"/>
 *     </clientCertificates>
 *   </smtp>
 *
 * Paths are relative to the file's directory.
 */
#ifndef HARNESS_SMTP_CLIENT_CONFIG_H
#define HARNESS_SMTP_CLIENT_CONFIG_H

#include "harness/smtp_client/smtp_client.h"

#define CONFIG_NAMESPACE "urn:counterseal:client-certificates"

/* All strings are owned; NULL: the file does not say. */
struct smtp_config {
    char *host;
    int port; /* 0 */
    char *user_name, *password;
    bool default_credentials;
    char *client_domain;
    char *target_name;
    bool enable_ssl;
    enum smtp_client_delivery delivery;
    bool international;
    char *from;
    char *pickup_directory;
    struct smtp_certificates *certificates; /* owned, never NULL */
};

#endif
