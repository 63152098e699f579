#include "fake_server/fault.h"
#include "fake_server/fake_server.h"
#include "fake_server/memory.h"

#include <string.h>

/* A header of TLS has 5 bytes. Source: RFC 8446 section 5.1. */
enum { RANDOM_SIZE_MAX = 64, HEADER = 5, CHANGE_CIPHER_SPEC = 20, HANDSHAKE = 22, LAST_TYPE = 24 };

/* Throttled bytes go in pieces of a fiftieth of a second, which is as even as anybody can see. */
enum { PIECES_A_SECOND = 50 };

static uint64_t next(uint64_t *state)
{
    /* splitmix64: any state is good, near ones have nothing in common. */
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void fault_init(struct fault *fault, uint64_t seed, int turn)
{
    *fault = (struct fault){ .random = seed };
    fault->random = next(&fault->random) + (uint64_t)turn;
}

size_t fault_draw(struct fault *fault, size_t limit)
{
    return (size_t)(next(&fault->random) % limit);
}

size_t fault_size(struct fault *fault, int size)
{
    return size == FAKE_SERVER_RANDOM ? 1 + fault_draw(fault, RANDOM_SIZE_MAX) : (size_t)size;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t fault_piece(struct fault *fault, size_t size)
{
    size_t segment = fault_size(fault, fault->segment);
    size_t even = (size_t)fault->throttle / PIECES_A_SECOND;

    if (segment > 0)
        size = smaller(size, segment);
    if (fault->throttle > 0)
        size = smaller(size, even > 0 ? even : 1);
    return fault->cuts ? smaller(size, fault->left) : size;
}

int64_t fault_pace(const struct fault *fault, int64_t now_us, int64_t next_us, size_t n)
{
    if (fault->throttle == 0)
        return 0;
    return (next_us > now_us ? next_us : now_us) + (int64_t)n * 1000000 / fault->throttle;
}

/* Appends a record in pieces; returns where the next one goes. */
static unsigned char *cut(const unsigned char *record, size_t body, size_t piece, unsigned char *to)
{
    size_t at = 0;

    do {
        size_t n = smaller(piece, body - at);

        memcpy(to, record, 3);
        to[3] = (unsigned char)(n >> 8);
        to[4] = (unsigned char)n;
        memcpy(to + HEADER, record + HEADER + at, n);
        to += HEADER + n;
        at += n;
    } while (at < body);
    return to;
}

unsigned char *fault_reframe(struct fault *fault, const unsigned char *bytes, size_t *size)
{
    /* At worst each byte gets a header of its own. */
    unsigned char *out = memory_new((HEADER + 1) * *size);
    unsigned char *to = out;
    size_t at = 0;

    while (*size - at > HEADER && !fault->encrypted) {
        const unsigned char *record = bytes + at;
        size_t body = (size_t)(record[3] << 8 | record[4]);
        size_t piece = fault_size(fault, fault->record);

        if (record[0] < CHANGE_CIPHER_SPEC || record[0] > LAST_TYPE || body > *size - at - HEADER)
            break;
        fault->encrypted = record[0] == CHANGE_CIPHER_SPEC;
        to = cut(record, body, record[0] == HANDSHAKE ? piece : body, to);
        at += HEADER + body;
    }
    memcpy(to, bytes + at, *size - at);
    *size = (size_t)(to - out) + *size - at;
    return out;
}
