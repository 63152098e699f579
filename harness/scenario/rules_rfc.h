/*
 * The requirements of the RFCs that bind client certificates, fallback and resumption in mail over
 * TLS.
 *
 * The sentences are our own; the section is the place to look at.
 */
#ifndef HARNESS_SCENARIO_RULES_RFC_H
#define HARNESS_SCENARIO_RULES_RFC_H

#include "harness/scenario/rules.h"

/* X(id, level, source, sentence) */
/* clang-format off */
#define RULES_OF_RFCS(X) \
    X("CR-01", RULE_MUST, "RFC 8446 section 4.3.2", "CertificateRequest, if sent, follows EncryptedExtensions") \
    X("CR-02", RULE_MUST, "RFC 8446 section 4.3.2", "certificate_request_context is zero length in the main handshake") \
    X("CR-03", RULE_MUST, "RFC 8446 section 4.3.2", "certificate_request_context is unique within one connection") \
    X("CR-04", RULE_SHOULD, "RFC 8446 section 4.3.2", "The PHA request context is unpredictable to the client") \
    X("CR-05", RULE_MUST, "RFC 8446 section 4.3.2", "signature_algorithms is present in every TLS 1.3 CertificateRequest") \
    X("CR-06", RULE_MUST, "RFC 8446 section 4.3.2", "Unrecognized CertificateRequest extensions are ignored") \
    X("CR-07", RULE_MUST, "RFC 8446 section 4.3.2", "A server authenticating with a PSK (so: every resumed handshake) sends no CertificateRequest in the main handshake") \
    X("CR-08", RULE_MUST, "RFC 8446 section 4.2", "A recognized extension in a message it is not specified for (e.g. key_share in a CertificateRequest) aborts with illegal_parameter") \
    X("CR-09", RULE_MUST, "RFC 8446 section 4.2", "No extension type appears twice in one extension block") \
    X("CR-10", RULE_SHOULD, "RFC 8446 section 4.2.4", "certificate_authorities is used by the receiver to guide certificate selection") \
    X("CR-11", RULE_MUST, "RFC 8446 section 4.2.5", "oid_filters is only sent in a CertificateRequest") \
    X("CR-12", RULE_MUST, "RFC 8446 section 4.2.5", "An OID appears at most once in the oid_filters list") \
    X("CR-13", RULE_MUST, "RFC 8446 section 4.2.5", "anyExtendedKeyUsage is not used as a filter value") \
    X("CR-14", RULE_MUST, "RFC 8446 section 4.4.2.1", "status_request_v2 is not sent in a CertificateRequest") \
    X("CR-15", RULE_RECORDED, "RFC 8446 section 4.4.2.1", "An empty status_request in the CertificateRequest asks the client for an OCSP response") \
    X("CR-16", RULE_MUST, "RFC 8446 section 9.3", "All unrecognized extensions in CertificateRequest and NewSessionTicket are ignored (protocol invariant)") \
    X("CR-17", RULE_RECORDED, "RFC 5246 section 7.4.4", "TLS 1.2 CertificateRequest directly follows ServerKeyExchange (or Certificate when there is none)") \
    X("CR-18", RULE_MUST, "RFC 5246 section 7.4.4", "An anonymous (no-certificate) server requesting client auth is a fatal handshake_failure") \
    X("CR-19", RULE_RECORDED, "RFC 5246 section 7.4.4", "With an empty certificate_authorities list any certificate of an allowed type may be sent") \
    X("CR-20", RULE_SHOULD, "RFC 9155 section 3", "MD5 and SHA-1 are not listed in TLS 1.2 CertificateRequest") \
    X("CR-21", RULE_MUST, "RFC 8446 section 4.2.3", "MD5, SHA-224 and DSA signature pairs are never offered or used by an implementation of TLS 1.3") \
    X("CR-22", RULE_MUST, "RFC 8314 section 4.2", "A mail server asks for a client certificate only if it accepts some as sufficient authentication and can map them to an identity (implicit-TLS port)") \
    X("CC-01", RULE_MUST, "RFC 8446 section 4.4.2", "Certificate is sent if and only if a CertificateRequest was received") \
    X("CC-02", RULE_MUST, "RFC 8446 section 4.4.2.3", "The certificate is X.509v3 unless another type was negotiated") \
    X("CC-03", RULE_SHOULD, "RFC 8446 section 4.4.2.3", "If certificate_authorities was present, some certificate of the chain is issued by a listed CA") \
    X("CC-04", RULE_MUST, "RFC 8446 section 4.4.2.3", "The certificates are signed with an algorithm acceptable to the request (signature_algorithms / _cert)") \
    X("CC-05", RULE_MUST, "RFC 8446 section 4.4.2.3", "With non-empty oid_filters the leaf matches every recognized OID") \
    X("CC-06", RULE_MUST, "RFC 8446 section 4.2.5", "Unrecognized OIDs in oid_filters are ignored") \
    X("CC-07", RULE_RECORDED, "RFC 8446 section 4.2.5", "When a supplied certificate does not satisfy the filters the server continues unauthenticated or aborts with unsupported_certificate") \
    X("CC-08", RULE_MUST, "RFC 8446 section 4.4.2", "The sender's own certificate is the first entry") \
    X("CC-09", RULE_SHOULD, "RFC 8446 section 4.4.2", "Each later certificate directly certifies the one before it") \
    X("CC-10", RULE_SHOULD, "RFC 8446 section 4.4.2", "Extraneous certificates and odd orders from the peer are tolerated (leaf first)") \
    X("CC-11", RULE_MUST, "RFC 8446 section 4.4.2", "Extensions in the client's CertificateEntry correspond to extensions in the CertificateRequest") \
    X("CC-12", RULE_MUST, "RFC 8446 section 4.4.2.1", "A client OCSP answer is a CertificateStatus structure") \
    X("CC-13", RULE_MUST, "RFC 8446 section 4.4.3", "CertificateVerify is sent whenever the client Certificate is non-empty") \
    X("CC-14", RULE_MUST, "RFC 8446 section 4.4.3", "CertificateVerify comes right after Certificate and right before Finished") \
    X("CC-15", RULE_MUST, "RFC 8446 section 4.4.3", "The client signature algorithm is one of those in the request's signature_algorithms") \
    X("CC-16", RULE_MUST, "RFC 8446 section 4.4.3", "The signature algorithm is compatible with the leaf key") \
    X("CC-17", RULE_MUST, "RFC 8446 section 4.4.3", "RSA handshake signatures use RSASSA-PSS even if PKCS#1 v1.5 is listed") \
    X("CC-18", RULE_MUST, "RFC 8446 section 4.4.3", "SHA-1 is not used in CertificateVerify") \
    X("CC-19", RULE_MUST, "RFC 8446 section 4.4.3", "A bad CertificateVerify ends the handshake with decrypt_error") \
    X("CC-20", RULE_MUST, "RFC 8446 section 4.2.3", "Keys in certificates fit the signature algorithms they are used with (PSS OID vs rsaEncryption)") \
    X("CC-21", RULE_MUST, "RFC 8446 section 4.2.3", "An endpoint advertising RSASSA-PSS accepts it in TLS 1.2 too") \
    X("CC-22", RULE_MUST, "RFC 8446 section 4.4.2.4", "A certificate needing MD5 verification aborts with bad_certificate") \
    X("CC-23", RULE_SHOULD, "RFC 8446 section 4.4.2.4", "A certificate needing SHA-1 verification aborts with bad_certificate") \
    X("CC-24", RULE_MUST, "RFC 5246 section 7.4.4", "TLS 1.2: every client certificate is signed with a listed hash/signature pair") \
    X("CC-25", RULE_MUST, "RFC 5246 section 7.4.4", "TLS 1.2: the leaf key is compatible with certificate_types") \
    X("CC-26", RULE_MUST, "RFC 5246 section 7.4.4", "TLS 1.2: a signing key is usable with some listed pair") \
    X("CC-27", RULE_SHOULD, "RFC 5246 section 7.4.6", "TLS 1.2: with a non-empty CA list some certificate in the chain is issued by a listed CA") \
    X("CC-28", RULE_MUST, "RFC 5246 section 7.4.6", "TLS 1.2 rsa_sign: the certificate allows its key to sign (KeyUsage) with the scheme used") \
    X("CC-29", RULE_MUST, "RFC 5246 section 7.4.6", "TLS 1.2 ecdsa_sign: the key uses a curve and point format the server supports") \
    X("CC-30", RULE_MUST, "RFC 5246 section 7.4.8", "TLS 1.2: the CertificateVerify pair is one of the request's list") \
    X("CC-31", RULE_MUST, "RFC 5246 section 7.4.8", "TLS 1.2: CertificateVerify immediately follows ClientKeyExchange") \
    X("CC-32", RULE_MUST, "RFC 9155 section 5", "TLS 1.2 CertificateVerify uses neither MD5 nor SHA-1") \
    X("CC-33", RULE_MUST, "RFC 9155 section 5", "A CertificateVerify with MD5 or SHA-1 aborts with illegal_parameter") \
    X("CC-34", RULE_MUST, "RFC 8422 section 3.1", "ecdsa_sign auth uses a certificate with an ECDSA- or EdDSA-capable key") \
    X("CC-35", RULE_MUST, "RFC 5280 section 4.2.1.12", "A certificate with an EKU extension is used only for the listed purposes (no clientAuth, no client use)") \
    X("CC-36", RULE_MUST, "RFC 5280 section 4.2.1.12", "KeyUsage and EKU are both enforced, independently") \
    X("CC-37", RULE_MUST, "RFC 8314 section 5.5", "An MUA gives a certificate only when asked and only for the account it is authorized for") \
    X("CC-38", RULE_MUST, "RFC 8314 section 5.5", "Installing a certificate for one account does not authorize it for others") \
    X("CC-39", RULE_MUST, "RFC 8879 section 4", "A compressed client Certificate uses an algorithm listed in the request's compress_certificate") \
    X("CC-40", RULE_MUST, "RFC 8879 section 4", "A wrong uncompressed_length aborts with bad_certificate") \
    X("CC-41", RULE_MUST, "RFC 8879 section 4", "An undecompressible CompressedCertificate terminates with bad_certificate") \
    X("CC-42", RULE_MUST, "RFC 8879 section 3", "compress_certificate is ignored when TLS 1.2 or older is negotiated") \
    X("CC-43", RULE_MUST, "RFC 8879 section 5", "Decompressed size is limited to uncompressed_length, else abort (bomb)") \
    X("EM-01", RULE_MUST, "RFC 8446 section 4.4.2", "No suitable certificate: send a Certificate with an empty list (not nothing, not an alert)") \
    X("EM-02", RULE_MUST, "RFC 8446 section 4.4.2", "Finished is sent also after an empty Certificate") \
    X("EM-03", RULE_RECORDED, "RFC 8446 section 4.4.2", "No CertificateVerify accompanies an empty Certificate (empty = no appropriate certificate)") \
    X("EM-04", RULE_RECORDED, "RFC 8446 section 4.4.2.4", "On an empty Certificate the server continues unauthenticated or aborts with certificate_required") \
    X("EM-05", RULE_RECORDED, "RFC 8446 section 4.4.2.4", "On an unacceptable chain the server continues (client unauthenticated) or aborts") \
    X("EM-06", RULE_MUST, "RFC 8446 section 4.4.2", "The server's own certificate_list is never empty") \
    X("EM-07", RULE_MUST, "RFC 8446 section 4.4.2.4", "An empty server Certificate aborts with decode_error") \
    X("EM-08", RULE_MUST, "RFC 5246 section 7.4.6", "TLS 1.2: no suitable certificate means a Certificate message of list length zero") \
    X("EM-09", RULE_RECORDED, "RFC 5246 section 7.4.6", "TLS 1.2: no certificate: continue, or fatal handshake_failure") \
    X("EM-10", RULE_RECORDED, "RFC 5246 section 7.4.6", "TLS 1.2: unacceptable chain: continue unauthenticated, or a fatal alert") \
    X("EM-11", RULE_MUST, "RFC 5246 section 7.3", "If the server sent a CertificateRequest the client sends a Certificate message") \
    X("EM-12", RULE_MUST, "RFC 5246 section 7.2.2", "The SSLv3 no_certificate(41) alert is never sent") \
    X("EM-13", RULE_SHOULD, "RFC 8422 section 3", "No appropriate ECC certificate: send an empty Certificate") \
    X("EM-14", RULE_MUST, "RFC 8422 section 3", "After an empty Certificate, ClientKeyExchange is sent and CertificateVerify is not") \
    X("EM-15", RULE_RECORDED, "RFC 8446 section E.1.2", "A client that authenticated cannot know from TLS 1.3 whether the server accepts it; the application has to say so") \
    X("EM-16", RULE_MUST, "RFC 3207 section 4.1", "After the handshake both sides decide at once whether the authentication and privacy reached are enough") \
    X("EM-17", RULE_SHOULD, "RFC 3207 section 4.1", "Not enough: the client sends QUIT right after TLS") \
    X("EM-18", RULE_SHOULD, "RFC 3207 section 4.1", "Not enough: the server answers 554 to every command but QUIT") \
    X("EM-19", RULE_RECORDED, "RFC 3207 section 4", "On 454 to STARTTLS the client decides by policy: go on, retry later, or give up") \
    X("EM-20", RULE_MUST, "RFC 3207 section 6", "Both can be configured to require successful TLS for selected hosts before mail flows") \
    X("EM-21", RULE_SHOULD, "RFC 7672 section 8.2", "An SMTP client offers non-anonymous suites even if it also offers anonymous ones") \
    X("EM-22", RULE_RECORDED, "RFC 4954 section 4", "If AUTH fails the client may go on without authentication or try another mechanism (SMTP-level anonymous fallback)") \
    X("AL-01", RULE_MUST, "RFC 8446 section 6.2", "After sending or receiving a fatal alert both close at once") \
    X("AL-02", RULE_SHOULD, "RFC 8446 section 6.2", "A fatal condition is signalled by an alert, and the connection is closed without more data") \
    X("AL-03", RULE_MUST, "RFC 8446 section 6.2", "\"Abort with alert X\" means X is the alert if any is sent") \
    X("AL-04", RULE_MUST, "RFC 8446 section 6", "Error alerts carry level fatal and are fatal whatever level is received") \
    X("AL-05", RULE_MUST, "RFC 8446 section 6", "Unknown alert types are treated as errors") \
    X("AL-06", RULE_RECORDED, "RFC 8446 section 6.2", "certificate_required(116) is the alert for a desired but missing client certificate") \
    X("AL-07", RULE_RECORDED, "RFC 8446 section 6.2", "unknown_ca(48) is the alert for a chain without a known trust anchor") \
    X("AL-08", RULE_RECORDED, "RFC 8446 section 6.2", "certificate_expired(45) is the alert for an expired or not yet valid certificate") \
    X("AL-09", RULE_RECORDED, "RFC 8446 section 6.2", "access_denied(49) is the alert when a valid certificate or PSK fails access control") \
    X("AL-10", RULE_MUST, "RFC 5246 section 7.2.2", "TLS 1.2: a fatal condition is signalled by its alert before closing") \
    X("AL-11", RULE_MUST, "RFC 8446 section 6.1", "close_notify is sent before closing the write side unless an error alert was") \
    X("AL-12", RULE_MUST, "RFC 5246 section 7.2.1", "TLS 1.2: a received close_notify is answered with close_notify") \
    X("AL-13", RULE_SHOULD, "RFC 8314 section 3.4", "Mail endpoints exchange TLS close alerts before the TCP close") \
    X("RS-01", RULE_MUST, "RFC 5246 section 7.4.1.2", "A resuming ClientHello lists at least the session's cipher suite") \
    X("RS-02", RULE_MUST, "RFC 5246 section 7.4.1.3", "The client is ready for a full handshake when resumption is refused") \
    X("RS-03", RULE_RECORDED, "RFC 5246 section 7.4.1.3", "A resumed session uses its original cipher suite") \
    X("RS-04", RULE_MUST, "RFC 5246 section 7.3", "On a session match both go straight to ChangeCipherSpec and Finished (no Certificate, no CertificateRequest)") \
    X("RS-05", RULE_MUST, "RFC 5246 section 7.2.2", "A connection ended by a fatal alert is not resumed") \
    X("RS-06", RULE_MUST, "RFC 5246 section 7.2", "A fatal alert invalidates the session identifier") \
    X("RS-07", RULE_RECORDED, "RFC 5246 section 7.2.1", "Closing without close_notify no longer forbids resumption (since TLS 1.1)") \
    X("RS-08", RULE_SHOULD, "RFC 5246 section 7.4.1.4", "A resuming client sends the same extensions as for a full handshake") \
    X("RS-09", RULE_RECORDED, "RFC 5246 section F.1.4", "Session ID lifetime: at most 24 h is suggested; an expired or revoked certificate forces a full handshake") \
    X("RS-10", RULE_MUST, "RFC 5246 section 7.4.1.2", "No confidential data in session IDs; forged IDs break nothing") \
    X("RS-11", RULE_MUST, "RFC 5077 section 3.2", "No ticket yet but willing: send an empty SessionTicket extension") \
    X("RS-12", RULE_MUST, "RFC 5077 section 3.2", "Not willing to receive a ticket: no SessionTicket extension") \
    X("RS-13", RULE_MUST, "RFC 5077 section 3.2", "A server that will issue a ticket says so with the extension in ServerHello") \
    X("RS-14", RULE_MUST, "RFC 5077 section 3.2", "No SessionTicket extension unless the client sent one") \
    X("RS-15", RULE_RECORDED, "RFC 5077 section 3.2", "A ticket that does not verify leads to a full handshake, not to a failure") \
    X("RS-16", RULE_SHOULD, "RFC 5077 section 3.2", "A ticket whose accepted handshake then fails is deleted") \
    X("RS-17", RULE_MUST, "RFC 5077 section 3.3", "NewSessionTicket is sent exactly when the extension was in ServerHello") \
    X("RS-18", RULE_MUST, "RFC 5077 section 3.3", "The client Finished is verified before a ticket is sent (full handshake)") \
    X("RS-19", RULE_MUST, "RFC 5077 section 3.3", "The ticket is not used before the server Finished is verified") \
    X("RS-20", RULE_SHOULD, "RFC 5077 section 3.3", "The ticket is deleted when its lifetime hint expires") \
    X("RS-21", RULE_SHOULD, "RFC 5077 section 3.4", "A server planning a ticket returns an empty session ID") \
    X("RS-22", RULE_MUST, "RFC 5077 section 3.4", "An accepted ticket with a non-empty session ID is answered with that same ID") \
    X("RS-23", RULE_MUST, "RFC 5077 section 3.4", "With a ticket present the session ID is not used for stateful resumption") \
    X("RS-24", RULE_MUST, "RFC 5077 section 4", "The client does not interpret the ticket") \
    X("RS-25", RULE_RECORDED, "RFC 5077 section 4", "The recommended ticket carries the client identity (authentication type and certificate list)") \
    X("RS-26", RULE_MUST, "RFC 5077 section 5.2", "Tickets have strong encryption and integrity protection") \
    X("RS-27", RULE_MUST, "RFC 8446 section 4.6.1", "A ticket is resumed only with a suite of the same KDF hash") \
    X("RS-28", RULE_MUST, "RFC 8446 section 4.6.1", "Resume only if the new SNI is valid for the original server certificate") \
    X("RS-29", RULE_SHOULD, "RFC 8446 section 4.6.1", "Resume only if the SNI equals the original one") \
    X("RS-30", RULE_MUST, "RFC 8446 section 4.6.1", "The SNI reported to the application is the one of the resumption ClientHello") \
    X("RS-31", RULE_MUST, "RFC 8446 section 4.6.1", "ticket_lifetime is at most 604800 s") \
    X("RS-32", RULE_MUST, "RFC 8446 section 4.6.1", "Tickets are cached for at most 7 days whatever the lifetime says") \
    X("RS-33", RULE_RECORDED, "RFC 8446 section 4.6.1", "A lifetime of zero means discard at once") \
    X("RS-34", RULE_MUST, "RFC 8446 section 4.6.1", "ticket_age_add is fresh for each ticket") \
    X("RS-35", RULE_RECORDED, "RFC 8446 section 4.6.1", "ticket_nonce is unique among the tickets of a connection") \
    X("RS-36", RULE_MUST, "RFC 8446 section 4.6.1", "Unrecognized NewSessionTicket extensions are ignored") \
    X("RS-37", RULE_SHOULD, "RFC 8446 section 4.6.1", "Total lifetime of keying material is limited (certificate lifetime, revocation, age of the CertificateVerify)") \
    X("RS-38", RULE_RECORDED, "RFC 8446 section 4.6.1", "A new ticket may be sent after PHA to hold the new client authentication") \
    X("RS-39", RULE_MUST, "RFC 8446 section 4.2.11.1", "A ticket older than its ticket_lifetime is not offered") \
    X("RS-40", RULE_MUST, "RFC 8446 section 4.2.11", "pre_shared_key is the last ClientHello extension") \
    X("RS-41", RULE_MUST, "RFC 8446 section 4.2.11", "pre_shared_key not last fails with illegal_parameter") \
    X("RS-42", RULE_MUST, "RFC 8446 section 4.2.9", "psk_key_exchange_modes accompanies pre_shared_key") \
    X("RS-43", RULE_MUST, "RFC 8446 section 4.2.9", "A PSK without psk_key_exchange_modes aborts") \
    X("RS-44", RULE_MUST, "RFC 8446 section 4.2.9", "A mode the client did not list is not selected") \
    X("RS-45", RULE_SHOULD, "RFC 8446 section 4.2.9", "No tickets incompatible with the advertised modes") \
    X("RS-46", RULE_SHOULD, "RFC 8446 section 4.2.11", "Unknown PSKs are ignored") \
    X("RS-47", RULE_SHOULD, "RFC 8446 section 4.2.11", "Without an acceptable PSK a full handshake is done") \
    X("RS-48", RULE_MUST, "RFC 8446 section 4.2.11", "The binder is validated before the PSK is accepted, else abort") \
    X("RS-49", RULE_MUST, "RFC 8446 section 4.2.11", "selected_identity in range, suite hash matches, key_share present if needed; else illegal_parameter") \
    X("RS-50", RULE_SHOULD, "RFC 8446 section 4.2.11", "The client stores the SNI with the PSK") \
    X("RS-51", RULE_SHOULD, "RFC 8446 section 2.2", "A resuming client also sends key_share so that a full handshake stays possible") \
    X("RS-52", RULE_SHOULD, "RFC 8446 section C.4", "One ticket is not used for several connections") \
    X("RS-53", RULE_SHOULD, "RFC 8446 section C.4", "New tickets with every connection, and enough of them") \
    X("RS-54", RULE_SHOULD, "RFC 8446 section D.1", "A client with a ticket starts with the version it was issued under") \
    X("RS-55", RULE_SHOULD, "RFC 8446 section 4.1.2", "A session ID cached from a pre-1.3 server goes into legacy_session_id") \
    X("RS-56", RULE_MUST, "RFC 8446 section 4.1.3", "A wrong legacy_session_id_echo aborts with illegal_parameter") \
    X("RS-57", RULE_SHOULD, "RFC 8446 section 6", "Tickets of failed connections are discarded if possible; other secrets MUST be forgotten") \
    X("RS-58", RULE_RECORDED, "RFC 8446 section 4.2", "Extensions (SNI, ALPN, ...) are negotiated anew in every handshake, resumed or not") \
    X("RS-59", RULE_SHOULD, "RFC 9149 section 3", "Not more tickets than ticket_request asked for") \
    X("RS-60", RULE_MUST, "RFC 9149 section 3", "A server using ticket_request answers in EncryptedExtensions") \
    X("RS-61", RULE_SHOULD, "RFC 9149 section 3", "After a refused ticket the other tickets of that session are assumed dead") \
    X("RS-62", RULE_MUST, "RFC 7627 section 5.2", "extended_master_secret is sent in every ClientHello (TLS 1.2)") \
    X("RS-63", RULE_SHOULD, "RFC 7627 section 5.3", "A non-EMS session is not offered for resumption") \
    X("RS-64", RULE_MUST, "RFC 7627 section 5.3", "Original without EMS, new ClientHello with EMS: no resumption") \
    X("RS-65", RULE_MUST, "RFC 7627 section 5.3", "Original with EMS, new ClientHello without: abort") \
    X("RS-66", RULE_MUST, "RFC 7627 section 5.3", "EMS state of a resuming ServerHello differs from the session: abort") \
    X("RS-67", RULE_MUST, "RFC 9325 section 3.4", "Resumption information is authenticated and encrypted") \
    X("RS-68", RULE_MUST, "RFC 9325 section 3.4", "Ticket keys are changed regularly (e.g. weekly) and old ones destroyed") \
    X("RS-69", RULE_MUST, "RFC 9325 section 3.4", "Ticket validity is limited (e.g. half the key validity)") \
    X("RS-70", RULE_SHOULD, "RFC 9325 section 3.4", "TLS 1.2 sessions that are too old are not resumed") \
    X("RS-71", RULE_SHOULD, "RFC 9325 section 3.4", "psk_dhe_ke is selected and key_share returned on resumption") \
    X("RS-72", RULE_MUST, "RFC 9325 section 3.5", "TLS 1.2 implementations support extended_master_secret") \
    X("SN-01", RULE_SHOULD, "RFC 6066 section 3", "The resumption ClientHello repeats the original server_name") \
    X("SN-02", RULE_MUST, "RFC 6066 section 3", "TLS 1.2: a resumption with another server_name is not accepted (full handshake instead)") \
    X("SN-03", RULE_MUST, "RFC 6066 section 3", "TLS 1.2: no server_name in ServerHello when resuming") \
    X("SN-04", RULE_MUST, "RFC 6066 section 3", "A server that used SNI acknowledges with an empty server_name") \
    X("SN-05", RULE_MUST, "RFC 6066 section 3", "At most one name of a type") \
    X("SN-06", RULE_RECORDED, "RFC 6066 section 3", "IP address literals are not sent as SNI") \
    X("SN-07", RULE_SHOULD, "RFC 6066 section 3", "After an application-level upgrade the SNI is the name negotiated before it (STARTTLS)") \
    X("SN-08", RULE_SHOULD, "RFC 6066 section 3", "SNI is sent whenever the server was found by host name") \
    X("SN-09", RULE_SHOULD, "RFC 6066 section 3", "Unknown name: fatal unrecognized_name or go on; no warning alert") \
    X("SN-10", RULE_SHOULD, "RFC 9325 section 3.7", "Unknown name: do not continue, fail with unrecognized_name. (Contradicted for SMTP by SN-11, SN-12: make it a profile switch.)") \
    X("SN-11", RULE_MUST, "RFC 7672 section 8.1", "SMTP servers do not enforce SNI") \
    X("SN-12", RULE_MUST, "RFC 8461 section 7.1", "No or unknown SNI: the SMTP server sends a fallback chain") \
    X("SN-13", RULE_MUST, "RFC 8461 section 7.1", "MTA-STS client: SNI is the MX host name") \
    X("SN-14", RULE_MUST, "RFC 7672 section 8.1", "DANE client: SNI is the TLSA base domain") \
    X("SN-15", RULE_MUST, "RFC 9325 section 3.7", "SNI is supported where the upper protocol benefits") \
    X("SN-16", RULE_SHOULD, "RFC 9325 section 3.7", "The server acknowledged SNI but its certificate has another name: abort") \
    X("SN-17", RULE_SHOULD, "RFC 8446 section 9.2", "A server that needs SNI answers its absence with missing_extension") \
    X("PH-01", RULE_MUST, "RFC 8446 section 4.2.6", "No post-handshake CertificateRequest to a client that did not offer post_handshake_auth") \
    X("PH-02", RULE_MUST, "RFC 8446 section 4.2.6", "The server never sends post_handshake_auth") \
    X("PH-03", RULE_MUST, "RFC 8446 section 4.6.2", "A PHA request is answered; to authenticate: Certificate, CertificateVerify, Finished") \
    X("PH-04", RULE_MUST, "RFC 8446 section 4.6.2", "To decline PHA: empty Certificate, then Finished") \
    X("PH-05", RULE_MUST, "RFC 8446 section 4.6.2", "The PHA answer messages are consecutive") \
    X("PH-06", RULE_MUST, "RFC 8446 section 4.6.2", "A CertificateRequest without an offer gets unexpected_message") \
    X("PH-07", RULE_MUST, "RFC 8446 section 4.6.2", "The server tolerates delay and other messages before the PHA answer") \
    X("PH-08", RULE_MUST, "RFC 8446 section 4.1.2", "A ClientHello inside a TLS 1.3 connection gets unexpected_message (no renegotiation)") \
    X("PH-09", RULE_RECORDED, "RFC 5246 section 7.4.1.1", "A HelloRequest may be ignored, or refused with no_renegotiation") \
    X("PH-10", RULE_SHOULD, "RFC 5246 section 7.4.1.1", "No HelloRequest right after the connection") \
    X("PH-11", RULE_MUST, "RFC 5746 section 3.4", "renegotiation_info or the SCSV is in every initial ClientHello, resumption included") \
    X("PH-12", RULE_MUST, "RFC 5746 section 3.4", "Non-empty renegotiated_connection in an initial ServerHello: handshake_failure") \
    X("PH-13", RULE_MUST, "RFC 5746 section 3.6", "Signalled: empty renegotiation_info in ServerHello (also when resuming)") \
    X("PH-14", RULE_MUST, "RFC 5746 section 3.5", "Secure renegotiation carries the saved client_verify_data") \
    X("PH-15", RULE_MUST, "RFC 5746 section 3.7", "On renegotiation the server checks renegotiated_connection, else aborts") \
    X("PH-16", RULE_SHOULD, "RFC 5746 section 4.2", "Insecure renegotiation requests are refused (with no_renegotiation)") \
    X("PH-17", RULE_MUST, "RFC 9325 section 3.5", "A TLS 1.2 server that does not acknowledge renegotiation_info gets handshake_failure") \
    X("ED-01", RULE_MUST, "RFC 8446 section E.5", "No 0-RTT without an application profile; SMTP has none, so no early data in SMTP") \
    X("ED-02", RULE_MUST, "RFC 8446 section E.5", "0-RTT is off unless the application asks for it") \
    X("ED-03", RULE_MUST, "RFC 9325 section 3.10", "Applications avoid 0-RTT unless a specification for them exists") \
    X("ED-04", RULE_MUST, "RFC 8446 section 4.2.10", "A server receiving early_data behaves in one of three defined ways") \
    X("ED-05", RULE_MUST, "RFC 8446 section 4.2.10", "Rejected early data is not resent automatically unless the same ALPN is selected") \
    X("ED-06", RULE_MUST, "RFC 8446 section D.3", "0-RTT attempt answered by TLS 1.2: fail the connection") \
    X("SM-01", RULE_MUST, "RFC 3207 section 4", "After 220 the next bytes are the ClientHello") \
    X("SM-02", RULE_MUST, "RFC 3207 section 4", "STARTTLS is the last command of a pipelined group") \
    X("SM-03", RULE_RECORDED, "RFC 3207 section 4", "STARTTLS with a parameter gets 501") \
    X("SM-04", RULE_MUST, "RFC 3207 section 4", "A publicly referenced (MX) server does not require STARTTLS for local delivery") \
    X("SM-05", RULE_SHOULD, "RFC 3207 section 4", "TLS required: 530 (5.7.0) to all but NOOP, EHLO, STARTTLS, QUIT") \
    X("SM-06", RULE_SHOULD, "RFC 3207 section 4", "TLS could not even start after STARTTLS: abort the connection") \
    X("SM-07", RULE_MUST, "RFC 3207 section 4.2", "Client knowledge from before TLS (EHLO name, MAIL, AUTH) is discarded") \
    X("SM-08", RULE_MUST, "RFC 3207 section 4.2", "Server knowledge from before TLS (extension list) is discarded") \
    X("SM-09", RULE_SHOULD, "RFC 3207 section 4.2", "EHLO is the first command after TLS") \
    X("SM-10", RULE_MUST, "RFC 3207 section 4.2", "No STARTTLS while TLS is active") \
    X("SM-11", RULE_MUST, "RFC 3207 section 4.2", "STARTTLS is not advertised inside TLS") \
    X("SM-12", RULE_RECORDED, "RFC 3207 section 4.2", "The extension list may differ after TLS, e.g. a SASL mechanism only with a suitable client certificate") \
    X("SM-13", RULE_MUST, "RFC 3207 section 6", "Knowledge gained before the handshake is discarded (STARTTLS injection: bytes pipelined behind STARTTLS are not executed)") \
    X("SM-14", RULE_RECORDED, "RFC 3207 section 4", "Relay may be refused on the basis of the authentication given in TLS") \
    X("SM-15", RULE_MUST, "RFC 5321 section 3.8", "The server does not drop the connection except after QUIT, with 421, or on timeout") \
    X("SM-16", RULE_SHOULD, "RFC 5321 section 3.8", "An unexpected close is treated like 451 (retry), not as permanent failure") \
    X("SM-17", RULE_MUST, "RFC 5321 section 4.1.1.10", "The client does not close before QUIT") \
    X("SM-18", RULE_MUST, "RFC 5321 section 4.1.1.10", "QUIT is answered 221, then the channel is closed") \
    X("SM-19", RULE_MUST, "RFC 5321 section 4.1.4", "A mail session starts with EHLO and ends with QUIT") \
    X("SB-01", RULE_MUST, "RFC 8314 section 3.3", "Submission clients validate the server certificate by RFC 7817") \
    X("SB-02", RULE_SHOULD, "RFC 8314 section 3.3", "Both STARTTLS on 587 and implicit TLS on 465 are implemented") \
    X("SB-03", RULE_MUST, "RFC 8314 section 4", "TLS 1.2 or later is supported") \
    X("SB-04", RULE_MUST, "RFC 8314 section 4.2", "A server accepting a client certificate as sufficient enables SASL EXTERNAL") \
    X("SB-05", RULE_MUST, "RFC 8314 section 5.5", "A client doing certificate authentication on implicit TLS implements SASL EXTERNAL (AUTH EXTERNAL)") \
    X("SB-06", RULE_SHOULD, "RFC 8314 section 4", "STARTTLS is not advertised when it is likely to fail") \
    X("SB-07", RULE_MUST, "RFC 8314 section 5.2", "Below the configured minimum confidentiality only capability discovery and STARTTLS are done") \
    X("SB-08", RULE_SHOULD, "RFC 8314 section 4.3", "The Received field has the tls clause with the cipher suite") \
    X("SB-09", RULE_MUST, "RFC 9325 section 3.2", "Where a TLS-only port exists it is supported and preferred to the upgrade") \
    X("SA-01", RULE_RECORDED, "RFC 4422 section A.1", "The client sends the first data: the authorization identity in UTF-8; empty = identity derived from the credential") \
    X("SA-02", RULE_RECORDED, "RFC 4422 section A.1", "Without an initial response the server sends an empty challenge") \
    X("SA-03", RULE_RECORDED, "RFC 4422 section A.1", "EXTERNAL fails when no credential was established outside (anonymous TLS, cleartext)") \
    X("SA-04", RULE_RECORDED, "RFC 4422 section A.1", "EXTERNAL fails when the credential is inadequate (untrusted, expired, wrong EKU)") \
    X("SA-05", RULE_RECORDED, "RFC 4422 section A.1", "EXTERNAL with an empty identity fails if none can be derived") \
    X("SA-06", RULE_RECORDED, "RFC 4422 section A.1", "EXTERNAL fails for an identity the client may not act as") \
    X("SA-07", RULE_RECORDED, "RFC 4422 section A.1", "No additional data with success, no further challenges") \
    X("SA-08", RULE_RECORDED, "RFC 4422 section A", "The client cannot assume that the server will use the TLS credential") \
    X("SA-09", RULE_MUST, "RFC 4954 section 4", "A zero-length initial response is sent as \"=\"") \
    X("SA-10", RULE_SHOULD, "RFC 4954 section 4", "Failed authentication gets 535 (5.7.8) unless a better code fits") \
    X("SA-11", RULE_SHOULD, "RFC 4954 section 6", "530 5.7.0 when authentication is required and absent") \
    X("SA-12", RULE_MUST, "RFC 4954 section 4", "AUTH after a successful AUTH gets 503") \
    X("SA-13", RULE_RECORDED, "RFC 4954 section 3", "The mechanism list may change after STARTTLS") \
    X("RT-01", RULE_MUST, "RFC 8689 section 2", "REQUIRETLS on MAIL FROM only in a session with TLS, a verified certificate and a validated MX") \
    X("RT-02", RULE_MUST, "RFC 8689 section 2", "REQUIRETLS is advertised in the EHLO reply after STARTTLS") \
    X("RT-03", RULE_MUST, "RFC 8689 section 4.2.1", "If a step fails: QUIT and try the other MX hosts") \
    X("RT-04", RULE_MUST, "RFC 8689 section 4.2.1", "With no MX left the message is not sent") \
    X("RT-05", RULE_MUST, "RFC 8689 section 4.2.1", "The post-TLS EHLO (not the earlier one) is checked for REQUIRETLS") \
    X("RT-06", RULE_MUST, "RFC 8689 section 4.2.2", "TLS-Required: No: try STARTTLS, do not fail if it does not succeed") \
    X("ID-01", RULE_MUST, "RFC 7817 section 3", "The client checks the server identity against its reference identifiers") \
    X("ID-02", RULE_MUST, "RFC 7817 section 3", "Reference identifiers: the domain of the e-mail address and/or the host name used (no CNAME canonicalization)") \
    X("ID-03", RULE_MUST, "RFC 7817 section 3", "DNS-ID (SAN dNSName) is supported") \
    X("ID-04", RULE_MUST, "RFC 7817 section 3", "URI-ID is not used") \
    X("ID-05", RULE_MUST, "RFC 7817 section 3", "A wildcard is a whole left-most label, never a fragment") \
    X("ID-06", RULE_MUST, "RFC 8446 section C.5", "TLS without server verification only by explicit configuration or an application profile") \
    X("VR-01", RULE_MUST, "RFC 8996 section 4", "TLS 1.0 is not negotiated") \
    X("VR-02", RULE_MUST, "RFC 8996 section 5", "TLS 1.1 is not negotiated") \
    X("VR-03", RULE_MUST, "RFC 9325 section 3.1.1", "TLS 1.2 is supported; TLS 1.3, if implemented, is preferred") \
    X("VR-04", RULE_MUST, "RFC 9155 section 2", "TLS 1.2 ClientHello has signature_algorithms without MD5 and SHA-1") \
    X("RG-01", RULE_RECORDED, "RFC 8447 section 6", "Extension 35 is registered as session_ticket (was SessionTicket TLS): names in reports should follow. RFC 8447 puts no behaviour on the wire") \
    X("RG-02", RULE_RECORDED, "RFC 8447 section 10", "ClientCertificateType identifiers registry (certificate_types of TLS <= 1.2): policy only")
/* clang-format on */

#endif
