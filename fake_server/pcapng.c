#include "fake_server/pcapng.h"

#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    SECRETS_TLS = 0x544c534b,
    LINK_RAW = 101, /* a packet begins with its IP header */
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4,
    COMMENT_MAX = 1024,
    IP_SIZE = 20,
    TCP_SIZE = 20,
    HEADERS_SIZE = IP_SIZE + TCP_SIZE,
    PROTOCOL_TCP = 6
};

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* Numbers of a block are in the byte order of the machine; readers learn it from the magic. */
static void write_u16(FILE *stream, unsigned number)
{
    uint16_t word = (uint16_t)number;

    fwrite(&word, sizeof word, 1, stream);
}

static void write_u32(FILE *stream, size_t number)
{
    uint32_t word = (uint32_t)number;

    fwrite(&word, sizeof word, 1, stream);
}

static void write_padding(FILE *stream, size_t size)
{
    fwrite("\0\0\0", 1, padded(size) - size, stream);
}

static size_t text_size(const char *text)
{
    return text == NULL ? 0 : strnlen(text, COMMENT_MAX);
}

/* The size of a list of options that has this one; without any there is no list. */
static size_t option_size(const char *text)
{
    return text == NULL ? 0 : 4 + padded(text_size(text));
}

static void write_option(FILE *stream, unsigned code, const char *text)
{
    if (text == NULL)
        return;
    write_u16(stream, code);
    write_u16(stream, (unsigned)text_size(text));
    fwrite(text, 1, text_size(text), stream);
    write_padding(stream, text_size(text));
}

static void write_end_of_options(FILE *stream)
{
    write_u32(stream, 0);
}

void pcapng_write_head(FILE *stream, const char *comment)
{
    static const char application[] = "counterseal";
    size_t size = 28 + option_size(comment) + option_size(application) + 4;

    write_u32(stream, BLOCK_SECTION);
    write_u32(stream, size);
    write_u32(stream, BYTE_ORDER_MAGIC);
    write_u16(stream, 1); /* version 1.0 */
    write_u16(stream, 0);
    write_u32(stream, UINT32_MAX); /* the length of the section: not told */
    write_u32(stream, UINT32_MAX);
    write_option(stream, OPTION_COMMENT, comment);
    write_option(stream, OPTION_APPLICATION, application);
    write_end_of_options(stream);
    write_u32(stream, size);

    write_u32(stream, BLOCK_INTERFACE);
    write_u32(stream, 20);
    write_u16(stream, LINK_RAW);
    write_u16(stream, 0);
    write_u32(stream, 0); /* packets are whole */
    write_u32(stream, 20);
}

void pcapng_write_secrets(FILE *stream, const char *lines, size_t size)
{
    size_t whole = 20 + padded(size);

    write_u32(stream, BLOCK_SECRETS);
    write_u32(stream, whole);
    write_u32(stream, SECRETS_TLS);
    write_u32(stream, size);
    fwrite(lines, 1, size, stream);
    write_padding(stream, size);
    write_u32(stream, whole);
}

/* --- packets: numbers are big-endian --- */

static void put_u16(unsigned char *at, size_t number)
{
    at[0] = (unsigned char)(number >> 8);
    at[1] = (unsigned char)number;
}

static void put_u32(unsigned char *at, uint32_t number)
{
    put_u16(at, number >> 16);
    put_u16(at + 2, number & 0xffff);
}

static uint32_t add_words(uint32_t sum, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    return size % 2 == 0 ? sum : sum + (uint32_t)(bytes[size - 1] << 8);
}

/* Source: RFC 1071. */
static unsigned checksum(uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static void fill_ip(unsigned char *ip, size_t size)
{
    ip[0] = 0x45; /* version 4, header of 5 words */
    put_u16(ip + 2, size);
    put_u16(ip + 6, 0x4000); /* no fragments */
    ip[8] = 64;
    ip[9] = PROTOCOL_TCP;
    put_u32(ip + 12, 0x7f000001);
    put_u32(ip + 16, 0x7f000001);
    put_u16(ip + 10, checksum(add_words(0, ip, IP_SIZE)));
}

static void fill_tcp(unsigned char *tcp, const unsigned char *ip,
                     const struct pcapng_packet *packet)
{
    uint32_t sum = PROTOCOL_TCP + TCP_SIZE + (uint32_t)packet->size;

    put_u16(tcp, packet->source);
    put_u16(tcp + 2, packet->destination);
    put_u32(tcp + 4, packet->sequence);
    put_u32(tcp + 8, packet->acknowledged);
    tcp[12] = (TCP_SIZE / 4) << 4;
    tcp[13] = (unsigned char)packet->flags;
    put_u16(tcp + 14, 0xffff); /* the window */
    sum = add_words(sum, ip + 12, 8);
    sum = add_words(sum, tcp, TCP_SIZE);
    put_u16(tcp + 16, checksum(add_words(sum, packet->bytes, packet->size)));
}

void pcapng_write_packet(FILE *stream, const struct pcapng_packet *packet)
{
    unsigned char headers[HEADERS_SIZE] = { 0 };
    size_t size = HEADERS_SIZE + packet->size;
    size_t options = packet->comment == NULL ? 0 : option_size(packet->comment) + 4;
    size_t whole = 32 + padded(size) + options;
    uint64_t time_us = (uint64_t)packet->time_us;

    fill_ip(headers, size);
    fill_tcp(headers + IP_SIZE, headers, packet);
    write_u32(stream, BLOCK_PACKET);
    write_u32(stream, whole);
    write_u32(stream, 0); /* the first interface */
    write_u32(stream, time_us >> 32);
    write_u32(stream, time_us & UINT32_MAX);
    write_u32(stream, size);
    write_u32(stream, size);
    fwrite(headers, 1, sizeof headers, stream);
    if (packet->size > 0)
        fwrite(packet->bytes, 1, packet->size, stream);
    write_padding(stream, size);
    write_option(stream, OPTION_COMMENT, packet->comment);
    if (packet->comment != NULL)
        write_end_of_options(stream);
    write_u32(stream, whole);
}
