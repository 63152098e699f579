#include "harness/base/files.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

static char directory[64];

static void open_directory(void)
{
    (void)snprintf(directory, sizeof(directory), "/tmp/files-test.XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
}

static void close_directory(void)
{
    struct error err = { 0 };

    cr_expect_eq(files_remove(directory, &err), 0, "%s", err.text);
    cr_expect_neq(access(directory, F_OK), 0);
}

TestSuite(files, .init = open_directory, .fini = close_directory, .timeout = 10);

/* A path in the temporary directory, valid until the fifth call after. */
static const char *in(const char *name)
{
    static char paths[5][PATH_MAX];
    static int next;
    char *path = paths[next++ % 5];

    (void)snprintf(path, PATH_MAX, "%s/%s", directory, name);
    return path;
}

static void put(const char *name, const char *text)
{
    struct error err = { 0 };

    cr_assert_eq(files_write(in(name), text, strlen(text), 0644, &err), 0, "%s", err.text);
}

static const char *get(const char *name)
{
    static char text[600];
    struct error err = { 0 };
    size_t size;
    char *bytes = files_read(NULL, in(name), 99, &size, &err);

    (void)snprintf(text, sizeof(text), "%s", bytes != NULL ? bytes : err.text);
    talloc_free(bytes);
    return text;
}

static int entries(const char *path)
{
    DIR *stream = opendir(path);
    int n = -2; /* . and .. */

    cr_assert_not_null(stream, "%s", path);
    while (readdir(stream) != NULL)
        n++;
    closedir(stream);
    return n;
}

static mode_t mode_of(const char *path)
{
    struct stat info;

    cr_assert_eq(stat(path, &info), 0, "%s", path);
    return info.st_mode & 07777;
}

/* --- reading --- */

Test(files, read_gives_all_bytes_and_a_nul)
{
    static const char bytes[] = "a\0b\n";
    struct error err = { 0 };
    size_t size = 0;
    char *text;

    cr_assert_eq(files_write(in("x"), bytes, 4, 0644, &err), 0);
    text = files_read(NULL, in("x"), 4, &size, &err);

    cr_assert_not_null(text, "%s", err.text);
    cr_expect_eq(size, 4);
    cr_expect_arr_eq(text, bytes, 5);
    talloc_free(text);
}

static const struct {
    const char *name, *want;
} unreadable[] = {
    { "none", "No such file or directory" }, { "file/x", "Not a directory" },
    { "directory", "not a regular file" },   { "fifo", "not a regular file" },
    { "loop", "Too many levels" },           { "long", "has 5 bytes, more than the 4 allowed" },
};

Test(files, read_refuses_what_is_no_file_or_too_long)
{
    put("file", "");
    put("long", "12345");
    cr_assert_eq(mkdir(in("directory"), 0700), 0);
    cr_assert_eq(mkfifo(in("fifo"), 0600), 0);
    cr_assert_eq(symlink("loop", in("loop")), 0);

    for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++) {
        struct error err = { 0 };
        size_t size;

        cr_expect_null(files_read(NULL, in(unreadable[i].name), 4, &size, &err), "%s",
                       unreadable[i].name);
        cr_expect_eq(err.kind, ERROR_SYSTEM);
        cr_expect_not_null(strstr(err.text, unreadable[i].want), "%s", err.text);
    }
}

/* --- writing --- */

Test(files, write_replaces_and_leaves_nothing_beside)
{
    put("x", "one");
    put("x", "two");

    cr_expect_str_eq(get("x"), "two");
    cr_expect_eq(entries(directory), 1);
}

Test(files, write_gives_the_mode_asked_for)
{
    struct error err = { 0 };

    put("x", "open");
    cr_assert_eq(files_write(in("x"), "s", 1, 0600, &err), 0);

    cr_expect_eq(mode_of(in("x")), 0600);
}

Test(files, write_does_not_write_into_a_link_left_beside)
{
    char beside[PATH_MAX];
    struct error err = { 0 };

    put("victim", "mine");
    (void)snprintf(beside, sizeof(beside), "%s.%ld~", in("x"), (long)getpid());
    cr_assert_eq(symlink(in("victim"), beside), 0);
    cr_expect_eq(files_write(in("x"), "s", 1, 0600, &err), 0, "%s", err.text);

    cr_expect_str_eq(get("victim"), "mine");
    cr_expect_str_eq(get("x"), "s");
}

Test(files, write_that_fails_keeps_what_was_there)
{
    static const struct {
        const char *name;
    } cases[] = { { "none/x" }, { "file/x" }, { "directory" } };

    put("file", "kept");
    cr_assert_eq(mkdir(in("directory"), 0700), 0);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = { 0 };

        cr_expect_eq(files_write(in(cases[i].name), "s", 1, 0644, &err), -1, "%s", cases[i].name);
        cr_expect_eq(err.kind, ERROR_SYSTEM);
        cr_expect_not_null(strstr(err.text, cases[i].name), "%s", err.text);
    }
    cr_expect_str_eq(get("file"), "kept");
    cr_expect_eq(entries(directory), 2);
}

Test(files, write_to_a_full_device_tells_so)
{
    struct error err = { 0 };

    cr_expect_eq(files_write("/dev/full", "s", 1, 0644, &err), -1);
    cr_expect_str_eq(err.text, "cannot write /dev/full: No space left on device");
    cr_expect_eq(access("/dev/full", F_OK), 0);
}

Test(files, a_directory_that_cannot_be_written_is_an_error)
{
    struct error of_write = { 0 }, of_open = { 0 };
    uid_t before = geteuid();

    cr_assert_eq(mkdir(in("locked"), 0555), 0);
    if (before == 0) {
        cr_assert_eq(chmod(directory, 0755), 0);
        cr_assert_eq(seteuid(65534), 0);
    }
    cr_expect_eq(files_write(in("locked/x"), "s", 1, 0644, &of_write), -1);
    cr_expect_null(files_open_whole(in("locked/y"), &of_open));
    cr_expect_eq(seteuid(before), 0);
    cr_expect_not_null(strstr(of_write.text, "Permission denied"), "%s", of_write.text);
    cr_expect_not_null(strstr(of_open.text, "Permission denied"), "%s", of_open.text);
}

Test(files, a_path_that_is_too_long_is_an_error_not_another_file)
{
    char path[PATH_MAX + 100];
    struct error of_write = { 0 }, of_open = { 0 };

    memset(path, '/', sizeof(path));
    (void)snprintf(path, sizeof(path), "%s", directory);
    path[strlen(directory)] = '/';
    (void)snprintf(path + PATH_MAX - 4, 104, "name");
    cr_expect_eq(files_write(path, "s", 1, 0644, &of_write), -1);
    cr_expect_eq(of_write.kind, ERROR_SYSTEM);
    cr_expect_null(files_open_whole(path, &of_open));
    cr_expect_eq(of_open.kind, ERROR_SYSTEM);
    cr_expect_eq(entries(directory), 0);
}

/* --- streams --- */

Test(files, a_stream_appears_when_it_is_committed)
{
    struct error err = { 0 };
    FILE *stream = files_open_whole(in("a/b/x"), &err);

    cr_assert_not_null(stream, "%s", err.text);
    fputs("text", stream);
    cr_expect_neq(access(in("a/b/x"), F_OK), 0, "too early");
    cr_expect_eq(files_commit(stream, in("a/b/x"), &err), 0, "%s", err.text);
    cr_expect_str_eq(get("a/b/x"), "text");
    cr_expect_eq(entries(in("a/b")), 1);
}

Test(files, a_stream_that_is_abandoned_leaves_what_was_there)
{
    struct error err = { 0 };
    FILE *stream;

    put("x", "old");
    stream = files_open_whole(in("x"), &err);
    fputs("new", stream);
    files_abandon(stream, in("x"));

    cr_expect_str_eq(get("x"), "old");
    cr_expect_eq(entries(directory), 1);
}

/* Little is found out when the stream is closed, much is when it is written. */
static const struct {
    const char *name;
    size_t size;
} full_cases[] = { { "little", 10 }, { "much", 1000000 } };

Test(files, a_full_device_is_told_at_the_commit)
{
    for (size_t i = 0; i < sizeof(full_cases) / sizeof(full_cases[0]); i++) {
        struct error err = { 0 };
        FILE *stream = files_open_whole("/dev/full", &err);

        cr_assert_not_null(stream, "%s", err.text);
        for (size_t n = 0; n < full_cases[i].size; n++)
            fputc('x', stream);
        errno = 0;
        cr_expect_eq(files_commit(stream, "/dev/full", &err), -1, "%s", full_cases[i].name);
        cr_expect_str_neq(err.text, "cannot write /dev/full: Success", "%s", full_cases[i].name);
        cr_expect_eq(access("/dev/full", F_OK), 0);
    }
}

Test(files, a_stream_that_failed_does_not_appear)
{
    struct error err = { 0 };
    FILE *stream = fopen("/dev/full", "we");

    put("x", "old");
    fputs("new", stream);
    cr_expect_eq(files_commit(stream, in("x"), &err), -1);
    cr_expect_not_null(strstr(err.text, "No space left"), "%s", err.text);
    cr_expect_str_eq(get("x"), "old");
}

Test(files, a_stream_whose_place_was_taken_by_a_directory_is_an_error)
{
    struct error err = { 0 };
    FILE *stream = files_open_whole(in("x"), &err);

    cr_assert_eq(mkdir(in("x"), 0700), 0);
    cr_expect_eq(files_commit(stream, in("x"), &err), -1);
    cr_expect_eq(err.kind, ERROR_SYSTEM);
    cr_expect_eq(entries(directory), 1);
}

Test(files, a_pipe_is_written_to_as_it_is)
{
    char path[64], text[10] = "";
    struct error err = { 0 };
    FILE *stream;
    int fds[2];

    cr_assert_eq(pipe(fds), 0);
    (void)snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
    stream = files_open_whole(path, &err);
    cr_assert_not_null(stream, "%s", err.text);
    fputs("text", stream);
    cr_expect_eq(files_commit(stream, path, &err), 0, "%s", err.text);
    cr_expect_eq(read(fds[0], text, sizeof(text) - 1), 4);
    cr_expect_str_eq(text, "text");
    close(fds[0]);
    close(fds[1]);
}

/* --- directories --- */

static const struct {
    const char *name;
} directories[] = { { "a" }, { "a" }, { "b/c/d" }, { "b//c/e/" }, { "b/./f/" }, { "link/g" } };

Test(files, make_directory_makes_what_is_missing)
{
    cr_assert_eq(symlink("a", in("link")), 0);

    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        const char *path = in(directories[i].name);
        struct error err = { 0 };

        cr_expect_eq(files_make_directory(path, 0700, &err), 0, "%s", err.text);
        cr_expect_eq(mode_of(path), 0700, "%s", path);
    }
}

Test(files, make_directory_does_not_take_a_file_for_one)
{
    static const char *const names[] = { "file", "file/x", "dangling" };

    put("file", "");
    cr_assert_eq(symlink("nowhere", in("dangling")), 0);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct error err = { 0 };

        cr_expect_eq(files_make_directory(in(names[i]), 0700, &err), -1, "%s", names[i]);
        cr_expect_eq(err.kind, ERROR_SYSTEM);
    }
}

Test(files, make_directory_of_no_name_is_an_error)
{
    struct error err = { 0 };

    cr_expect_eq(files_make_directory("", 0700, &err), -1);
}

/* --- removal --- */

Test(files, remove_takes_a_tree_and_follows_no_link)
{
    struct error err = { 0 };

    cr_assert_eq(files_make_directory(in("other/inner"), 0700, &err), 0);
    put("other/inner/kept", "kept");
    cr_assert_eq(files_make_directory(in("tree/a/b/c"), 0700, &err), 0);
    put("tree/a/b/x", "x");
    put("tree/.hidden", "x");
    cr_assert_eq(symlink(in("other"), in("tree/a/link")), 0);
    cr_assert_eq(symlink("nowhere", in("tree/dangling")), 0);
    cr_assert_eq(mkfifo(in("tree/fifo"), 0600), 0);

    cr_expect_eq(files_remove(in("tree"), &err), 0, "%s", err.text);
    cr_expect_eq(entries(directory), 1);
    cr_expect_str_eq(get("other/inner/kept"), "kept");
}

Test(files, remove_of_a_link_leaves_what_it_points_to)
{
    struct error err = { 0 };

    cr_assert_eq(mkdir(in("real"), 0700), 0);
    put("real/kept", "kept");
    cr_assert_eq(symlink("real", in("link")), 0);

    cr_expect_eq(files_remove(in("link"), &err), 0, "%s", err.text);
    cr_expect_neq(access(in("link"), F_OK), 0);
    cr_expect_str_eq(get("real/kept"), "kept");
}

Test(files, remove_of_what_is_not_there_is_no_error)
{
    struct error err = { 0 };

    cr_expect_eq(files_remove(in("none"), &err), 0, "%s", err.text);
    cr_expect_eq(files_remove(in("none/none"), &err), 0, "%s", err.text);
}

Test(files, remove_goes_deeper_than_it_may_keep_open)
{
    char path[1024];
    struct error err = { 0 };
    size_t used = (size_t)snprintf(path, sizeof(path), "%s", in("deep"));

    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(path + used, sizeof(path) - used, "/d%d", i);
    cr_assert_eq(files_make_directory(path, 0700, &err), 0, "%s", err.text);

    cr_expect_eq(files_remove(in("deep"), &err), 0, "%s", err.text);
    cr_expect_eq(entries(directory), 0);
}

Test(files, remove_that_may_not_is_an_error)
{
    struct error err = { 0 };
    uid_t before = geteuid();

    cr_assert_eq(mkdir(in("locked"), 0755), 0);
    put("locked/x", "");
    cr_assert_eq(chmod(in("locked"), 0555), 0);
    if (before == 0) {
        cr_assert_eq(chmod(directory, 0755), 0);
        cr_assert_eq(seteuid(65534), 0);
    }
    cr_expect_eq(files_remove(in("locked"), &err), -1);
    cr_expect_eq(seteuid(before), 0);
    cr_expect_eq(chmod(in("locked"), 0755), 0);
    cr_expect_not_null(strstr(err.text, "cannot remove"), "%s", err.text);
}
