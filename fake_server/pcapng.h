/*
 * The format of a capture: pcapng, with packets of TCP over IPv4 that never were on a wire.
 *
 * A server sees bytes, not packets; what a reader such as Wireshark needs around them (headers,
 * checksums, a handshake) is made up here from ports and sequence numbers. Every packet goes from
 * 127.0.0.1 to 127.0.0.1. The secrets of TLS lie in the same file, in a block of their own that
 * stands before the packets, so that it opens decrypted with nothing else.
 *
 * Nothing is kept here: each function writes one block; whether the stream took them, ferror()
 * says.
 *
 * Source: draft-ietf-opsawg-pcapng sections 4.1 to 4.3 and 4.7, RFC 791 section 3.1, RFC 9293
 * section 3.1.
 */
#ifndef FAKE_SERVER_PCAPNG_H
#define FAKE_SERVER_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What one packet holds at most; with both headers it stays below the 65535 bytes of IPv4. */
#define PCAPNG_PAYLOAD_MAX 32768

enum pcapng_flags {
    PCAPNG_FIN = 0x01,
    PCAPNG_SYN = 0x02,
    PCAPNG_RST = 0x04,
    PCAPNG_PSH = 0x08,
    PCAPNG_ACK = 0x10
};

struct pcapng_packet {
    int64_t time_us; /* since 1970 */
    uint16_t source, destination;
    uint32_t sequence, acknowledged;
    unsigned flags; /* of enum pcapng_flags */
    const void *bytes;
    size_t size;         /* at most PCAPNG_PAYLOAD_MAX */
    const char *comment; /* NULL: none */
};

/* Begins a file: its section and its one interface. `comment` may be NULL. */
void pcapng_write_head(FILE *stream, const char *comment);

/* Secrets as lines of a key log file (SSLKEYLOGFILE). */
void pcapng_write_secrets(FILE *stream, const char *lines, size_t size);

void pcapng_write_packet(FILE *stream, const struct pcapng_packet *packet);

#endif
