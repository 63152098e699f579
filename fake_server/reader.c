#include "fake_server/reader.h"

struct reader reader_bytes(struct reader *reader, size_t size)
{
    struct reader part = { reader->at, size, false };

    if (size > reader->left) {
        reader->bad = true;
        reader->left = 0;
        part.left = 0;
        part.bad = true;
        return part;
    }
    if (size > 0)
        reader->at += size;
    reader->left -= size;
    return part;
}

unsigned long reader_number(struct reader *reader, size_t size)
{
    struct reader bytes = reader_bytes(reader, size);
    unsigned long number = 0;

    for (size_t i = 0; i < bytes.left; i++)
        number = number << 8 | bytes.at[i];
    return number;
}

struct reader reader_part(struct reader *reader, size_t size)
{
    return reader_bytes(reader, reader_number(reader, size));
}
