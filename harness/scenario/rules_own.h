/*
 * The invariants, the rules of the .NET page and of its runtimes, and the failures seen in the
 * wild.
 *
 * The rows of the catalogue tell the failure that a case looks for. Its numbers have gaps.
 */
#ifndef HARNESS_SCENARIO_RULES_OWN_H
#define HARNESS_SCENARIO_RULES_OWN_H

#include "harness/scenario/rules.h"

/* X(id, level, source, sentence) */
/* clang-format off */
#define RULES_OF_OUR_OWN(X) \
    X("SAFE-1", RULE_MUST, "invariant", "no connection made under one identity, or none, carries mail of another") \
    X("SAFE-2", RULE_MUST, "invariant", "no session made under one identity is resumed for another, nor for none") \
    X("SAFE-3", RULE_MUST, "invariant", "what needs TLS is never sent in the clear") \
    X("SAFE-4", RULE_MUST, "invariant", "nothing said before TLS is believed after it") \
    X("SAFE-5", RULE_MUST, "invariant", "delivered is reported if and only if the server took the message; once each, byte for byte") \
    X("SAFE-6", RULE_MUST, "invariant", "a refusal is told as a refusal, with its reason, within the deadline") \
    X("SEED-S1", RULE_SHOULD, ".NET: SmtpClient.ClientCertificates", "the collection cannot be replaced and holds any number of certificates, none by default") \
    X("SEED-S2", RULE_SHOULD, ".NET: SmtpClient.ClientCertificates", "the collection starts with what the mail settings name, and empty where they name nothing") \
    X("SEED-S3", RULE_SHOULD, ".NET: SmtpClient.ClientCertificates", "certificates are optional unless the server demands one in the handshake") \
    X("SEED-S4", RULE_SHOULD, ".NET: SmtpClient.ClientCertificates", "sessions are cached, and resumption is tried under the first element of the collection") \
    X("SEED-S5", RULE_SHOULD, ".NET: SmtpClient.ClientCertificates", "with an empty collection an anonymous session is tried") \
    X("SEED-S6", RULE_SHOULD, ".NET: SmtpClient.ClientCertificates", "EnableSsl means STARTTLS and has nothing to do with the collection") \
    X("SEED-R1", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the collection is never null and is empty at first") \
    X("SEED-R2", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "reading the collection, or a configuration, adds nothing to it") \
    X("SEED-R3", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "certificates are used only where TLS is switched on") \
    X("SEED-R4", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the collection may change while a mail is under way") \
    X("SEED-R5", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a client certificate does not lead to AUTH EXTERNAL") \
    X("SEED-R6", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "default credentials concern AUTH and not certificates") \
    X("SEED-R7", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the server name of TLS is the host, not the target name of integrated AUTH") \
    X("SEED-R8", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the time-out bounds a synchronous send") \
    X("SEED-R9", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "TLS with another delivery method than the network is refused before anything is sent") \
    X("SEED-R10", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "EHLO names the configured client domain, else the local host in ASCII") \
    X("SEED-R11", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "only STARTTLS is spoken, never implicit TLS") \
    X("SEED-R12", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "where TLS is required and STARTTLS is not offered nothing more is sent") \
    X("SEED-R13", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "HELO after a refused EHLO does not lead to mail in the clear") \
    X("SEED-R14", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "an asynchronous send that needs TLS fails, too, when EHLO is refused") \
    X("SEED-R15", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "STARTTLS is answered with 220, anything else ends the attempt") \
    X("SEED-R16", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "bytes behind the answer to STARTTLS are not read as TLS-time replies") \
    X("SEED-R17", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "EHLO is sent again under TLS and what was said before is forgotten") \
    X("SEED-R18", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the server name is sent for names and not for addresses") \
    X("SEED-R19", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the range of protocols comes from a setting of the process") \
    X("SEED-R20", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a refused certificate is the same kind of error in every version of TLS") \
    X("SEED-R21", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "without a CertificateRequest no Certificate is sent") \
    X("SEED-R22", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a request is answered with an empty Certificate when the collection is empty") \
    X("SEED-R23", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "with an empty list of authorities the first certificate with a key is sent") \
    X("SEED-R24", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "with a list of authorities the first certificate whose chain has a listed issuer is sent") \
    X("SEED-R25", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "issuers are compared as distinguished names, exactly") \
    X("SEED-R26", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the chain is built from the stores of the machine") \
    X("SEED-R27", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "an expired, untrusted or revoked certificate is still a candidate") \
    X("SEED-R28", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "key usage does not disqualify a certificate") \
    X("SEED-R29", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "when none of the collection fits an empty Certificate is sent") \
    X("SEED-R30", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "when no fitting certificate has a key an empty Certificate is sent") \
    X("SEED-R31", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a missing key may be found in the user's store, then in the machine's") \
    X("SEED-R32", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "certificates of foreign types are copied before their hash is trusted") \
    X("SEED-R33", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "on Linux the first certificate with a key is sent whatever authorities are listed") \
    X("SEED-R34", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a selection callback is asked before and after the request") \
    X("SEED-R35", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "intermediates are sent in order, without the root") \
    X("SEED-R36", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "post-handshake authentication is offered where certificates are to be had") \
    X("SEED-R37", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the key of the credential cache has the certificate, the protocols and the encryption policy") \
    X("SEED-R38", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the cache knows a certificate by its content, not by its file") \
    X("SEED-R39", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the first live credential of a key stays") \
    X("SEED-R40", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "dead credentials are dropped from the cache now and then") \
    X("SEED-R41", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "all clients without certificates share the anonymous sessions of a host") \
    X("SEED-R42", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a client with certificates starts no handshake with a shared anonymous session") \
    X("SEED-R43", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a session is stored under the certificate that was really sent") \
    X("SEED-R44", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a resumed handshake sends no certificate, and the server keeps the identity of the first") \
    X("SEED-R45", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a first element without a key is looked up as anonymous") \
    X("SEED-R46", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "another order of the collection is another key") \
    X("SEED-R47", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "another range of protocols or another encryption policy is another key") \
    X("SEED-R48", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the session cache is shared by the whole process") \
    X("SEED-R49", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the same certificate with another chain is another key") \
    X("SEED-R50", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "sessions are kept by host name; another port of it is told apart") \
    X("SEED-R51", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "sessions of hosts given by address are not kept") \
    X("SEED-R52", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "the newest ticket of a host replaces the one before") \
    X("SEED-R53", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "resumption can be switched off for the process only") \
    X("SEED-R54", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a resumed session still tells which certificate it was made with") \
    X("SEED-R55", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a client may offer no session at all") \
    X("SEED-R56", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a mail after a change of the collection does not go over the connection open before") \
    X("SEED-R57", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "pooled connections are told apart by the certificates they were made with") \
    X("SEED-R58", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a pooled connection of one certificate carries no mail of another") \
    X("SEED-R59", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a pooled connection without TLS serves no mail that needs it") \
    X("SEED-R60", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "a pooled connection of other credentials is discarded") \
    X("SEED-R61", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "different collections have different pools") \
    X("SEED-R62", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "disposing of a client closes its own connections") \
    X("SEED-R63", RULE_SHOULD, ".NET: SmtpClient, as its runtimes do it", "idle connections are closed after a while") \
    X("SEED-R64", RULE_SHOULD, ".NET: mail settings", "no attribute of a mail configuration names a certificate") \
    X("SEED-R65", RULE_SHOULD, ".NET: mail settings", "what the constructor is told beats the configuration") \
    X("SEED-R66", RULE_SHOULD, ".NET: mail settings", "blanks around the host are ignored") \
    X("SEED-R67", RULE_SHOULD, ".NET: mail settings", "newer runtimes read no configuration file") \
    X("SEED-R68", RULE_SHOULD, ".NET: mail settings", "the client domain is an attribute of the configuration") \
    X("SEED-R69", RULE_SHOULD, ".NET: mail settings", "the target name is made of the host in force") \
    X("SEED-R70", RULE_SHOULD, ".NET: mail settings", "default credentials can be asked for") \
    X("CAT-1", RULE_SHOULD, "curl, CVE-2016-5420", "a connection is reused with another client certificate") \
    X("CAT-2", RULE_SHOULD, "curl, CVE-2026-8286", "a STARTTLS connection is reused without comparing its TLS settings") \
    X("CAT-3", RULE_SHOULD, "curl", "a connection made with a certificate is reused without one") \
    X("CAT-5", RULE_SHOULD, "curl, CVE-2022-27782", "a connection is reused after a TLS option changed") \
    X("CAT-6", RULE_SHOULD, "curl#5617", "certificates given as bytes are not compared when a connection is reused") \
    X("CAT-7", RULE_SHOULD, "curl with NSS, CVE-2016-7141", "a connection is reused with the certificate of another nickname") \
    X("CAT-8", RULE_SHOULD, "curl, CVE-2026-4873", "a connection in the clear serves a transfer that requires TLS") \
    X("CAT-9", RULE_SHOULD, ".NET Framework", "the pool of synchronous sends ignores the collection") \
    X("CAT-10", RULE_SHOULD, ".NET Framework", "a pooled connection in the clear serves a send that needs TLS") \
    X("CAT-11", RULE_SHOULD, ".NET Framework", "the pool of asynchronous sends mixes collections of another order") \
    X("CAT-12", RULE_SHOULD, ".NET Framework", "changing the host or disposing cleans the wrong pool") \
    X("CAT-14", RULE_SHOULD, "curl", "certificates installed by a callback are invisible to connection reuse") \
    X("CAT-15", RULE_SHOULD, "curl, CVE-2016-5419", "a session is resumed with another client certificate") \
    X("CAT-16", RULE_SHOULD, "curl, CVE-2017-7468", "a session is resumed with another client certificate, once more") \
    X("CAT-17", RULE_SHOULD, "curl", "certificates installed by a callback are no part of the session's key") \
    X("CAT-18", RULE_SHOULD, "curl", "a certificate renewed under the same path is resumed as the old one") \
    X("CAT-19", RULE_SHOULD, "dotnet/runtime#79869", "clients with and without a certificate share a session") \
    X("CAT-20", RULE_SHOULD, "dotnet/runtime#132563", "a client without certificates sends one of another component") \
    X("CAT-21", RULE_SHOULD, "dotnet/runtime#94561", "two services on ports of one host share sessions") \
    X("CAT-22", RULE_SHOULD, "own proof of concept", "a session is stored under the first element, not under the certificate sent") \
    X("CAT-23", RULE_SHOULD, ".NET Framework", "a first element without a key is looked up as anonymous") \
    X("CAT-24", RULE_SHOULD, ".NET Framework", "an anonymous session is offered by a client that has a certificate now") \
    X("CAT-25", RULE_SHOULD, "Node", "a session given by the caller is not bound to the certificate") \
    X("CAT-28", RULE_SHOULD, "JSSE", "a key manager that switches identities shares the sessions of its context") \
    X("CAT-29", RULE_SHOULD, "Go crypto/tls", "the key of the session cache is the server name only") \
    X("CAT-30", RULE_SHOULD, "rustls#2284", "incompatible client settings share a session store") \
    X("CAT-31", RULE_SHOULD, "Exim", "the key of resumption leaves the certificate out") \
    X("CAT-33", RULE_SHOULD, "Postfix", "sessions verified with one set of authorities are accepted under another") \
    X("CAT-35", RULE_SHOULD, "IO::Socket::SSL", "a reused context silently keeps the certificate of the first use") \
    X("CAT-36", RULE_SHOULD, "TlsLib4Pascal#34", "one session cache of the process serves all settings") \
    X("CAT-37", RULE_SHOULD, "deno#33693", "the identity of the certificate resolver differs between connections") \
    X("CAT-38", RULE_SHOULD, "curl, CVE-2024-0853", "a session is kept although the server's status check failed") \
    X("CAT-39", RULE_SHOULD, "curl#12399", "a resumed session without a stapled answer is refused") \
    X("CAT-40", RULE_SHOULD, "curl, CVE-2021-22890", "a ticket of the proxy is used for the origin") \
    X("CAT-41", RULE_SHOULD, "curl, CVE-2026-9545", "data is sent early, before the server is verified") \
    X("CAT-42", RULE_SHOULD, "curl, CVE-2021-22901", "a ticket that comes late is used after its owner is gone") \
    X("CAT-44", RULE_SHOULD, "curl", "sessions of TLS 1.3 are never resumed behind STARTTLS") \
    X("CAT-45", RULE_SHOULD, "curl", "tickets of TLS 1.2 are never used") \
    X("CAT-48", RULE_SHOULD, "golang/go#18607", "sessions kept by id are never resumed") \
    X("CAT-49", RULE_SHOULD, "dotnet/runtime#123238", "a resumed session reports no local certificate") \
    X("CAT-50", RULE_SHOULD, "rustls#169", "the server's certificate is unknown after resumption") \
    X("CAT-51", RULE_SHOULD, "several clients", "the list of authorities is ignored and a wrong certificate is sent") \
    X("CAT-52", RULE_SHOULD, ".NET on Linux", "only the first element of the collection is looked at") \
    X("CAT-53", RULE_SHOULD, "dotnet/runtime#52499", "the list of authorities does not reach the selection") \
    X("CAT-54", RULE_SHOULD, "dotnet/runtime#130755", "a certificate cannot be chosen after the request") \
    X("CAT-55", RULE_SHOULD, "Mono", "a first element without a key aborts the handshake") \
    X("CAT-57", RULE_SHOULD, "Mono", "nothing of the collection fits and nobody is told") \
    X("CAT-58", RULE_SHOULD, "mbedtls#10900", "an empty Certificate is left out instead of sent") \
    X("CAT-59", RULE_SHOULD, "qmail and its age", "a client dies when it is asked for a certificate") \
    X("CAT-60", RULE_SHOULD, "mailcow#1347", "the server's own certificate is sent as a client's") \
    X("CAT-61", RULE_SHOULD, "acme.sh#6610", "certificates of public authorities are no longer good for clients") \
    X("CAT-62", RULE_SHOULD, "swaks", "only the leaf is sent and the intermediate is missing") \
    X("CAT-66", RULE_SHOULD, "corefx#23938", "the server lists every authority of the system") \
    X("CAT-68", RULE_SHOULD, "angus-mail#65", "a trust setting replaces the certificates of the client") \
    X("CAT-69", RULE_SHOULD, "simple-java-mail#611", "certificates are ignored with implicit TLS") \
    X("CAT-70", RULE_SHOULD, "Haraka#2693", "the configured certificate is never sent") \
    X("CAT-72", RULE_SHOULD, "MailKit#979", "the collection is null until assigned") \
    X("CAT-73", RULE_SHOULD, "dotnet/docs#6074", "a default taken from the configuration is promised and is empty") \
    X("CAT-74", RULE_SHOULD, "Mono", "only TLS 1.0 is spoken") \
    X("CAT-75", RULE_SHOULD, "Mono", "settings of the documented sample are rejected") \
    X("CAT-76", RULE_SHOULD, "Haraka#1739", "resumption with client certificates fails for want of a session context") \
    X("CAT-77", RULE_SHOULD, "openssl#5175", "sessions are silently not cached for want of a session context") \
    X("CAT-78", RULE_SHOULD, "nginx, CVE-2025-23419", "a ticket of one virtual host is taken by another that requires certificates") \
    X("CAT-79", RULE_SHOULD, "Apache, CVE-2025-23048", "a ticket of one virtual host is taken by another") \
    X("CAT-80", RULE_SHOULD, "several servers", "a session from before a stricter policy is resumed after it") \
    X("CAT-81", RULE_SHOULD, "Go, CVE-2025-68121", "a session outlives a change of the trusted authorities") \
    X("CAT-82", RULE_SHOULD, "Go, CVE-2014-7189", "with tickets disabled resumption can be forged") \
    X("CAT-83", RULE_SHOULD, "golang/go#31641", "client certificates are not verified again on resumption") \
    X("CAT-84", RULE_SHOULD, "GnuTLS, CVE-2020-13777", "the first ticket key can be guessed") \
    X("CAT-85", RULE_SHOULD, "Mbed TLS, CVE-2026-34873", "a session is resumed with a secret of zeros") \
    X("CAT-87", RULE_SHOULD, "Postfix", "services share a session cache and mix their policies") \
    X("CAT-89", RULE_SHOULD, "Postfix", "a broken session cache breaks handshakes") \
    X("CAT-90", RULE_SHOULD, "Exim", "resumption is broken with implicit TLS") \
    X("CAT-91", RULE_SHOULD, "Envoy#21235", "the client's identity is missing on a resumed connection") \
    X("CAT-93", RULE_SHOULD, "testssl#884", "a probe without certificate calls resumption broken") \
    X("CAT-95", RULE_SHOULD, "wolfSSL, CVE-2026-55962", "post-handshake authentication is passed by a Finished alone") \
    X("CAT-96", RULE_SHOULD, "Erlang/OTP, CVE-2022-37026", "client authentication can be passed by") \
    X("CAT-97", RULE_SHOULD, "asio#283", "a replaced authority is trusted until the restart") \
    X("CAT-98", RULE_SHOULD, "several clients", "a late refusal in TLS 1.3 is told as a broken connection") \
    X("CAT-99", RULE_SHOULD, "mbedtls#10900", "a missing certificate is refused with the wrong alert") \
    X("CAT-100", RULE_SHOULD, "h2o#2685", "the alert of a refusal is never sent") \
    X("CAT-102", RULE_SHOULD, "Postfix", "a server that requires a certificate does not ask for one") \
    X("CAT-103", RULE_SHOULD, "several clients", "post-handshake authentication is not offered") \
    X("CAT-107", RULE_SHOULD, "Postfix, CVE-2011-0411", "a command injected behind STARTTLS is obeyed under TLS") \
    X("CAT-108", RULE_SHOULD, "nostarttls.secvuln.info", "STARTTLS is stripped, buffered over or tampered with") \
    X("CAT-109", RULE_SHOULD, "Exim, CVE-2021-38371", "a reply injected behind the answer to STARTTLS is believed") \
    X("CAT-110", RULE_SHOULD, "MailKit, CVE-2026-41319", "injected capabilities are taken for those under TLS") \
    X("CAT-113", RULE_SHOULD, "curl, CVE-2021-22947", "injected replies are believed under TLS") \
    X("CAT-114", RULE_SHOULD, "swaks", "an injected reply shifts all that follow") \
    X("CAT-115", RULE_SHOULD, "curl, CVE-2021-22946", "required TLS is skipped after certain replies") \
    X("CAT-116", RULE_SHOULD, "Python smtplib, CVE-2016-0772", "a refused STARTTLS is ignored") \
    X("CAT-117", RULE_SHOULD, ".NET, asynchronous", "a refused EHLO leads to mail in the clear") \
    X("CAT-119", RULE_SHOULD, "Mono", "STARTTLS is sent unasked and any reply below 400 is taken") \
    X("CAT-121", RULE_SHOULD, "several libraries", "TLS is left out when it is not offered") \
    X("CAT-122", RULE_SHOULD, "Apache, CVE-2025-49812", "an upgrade to TLS loses step with the connection") \
    X("CAT-123", RULE_SHOULD, "Mono", "the server name is sent for an address")
/* clang-format on */

#endif
