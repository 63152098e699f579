#include "reports/report.h"
#include "reports/tests/fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

Test(tap, output_is_as_agreed)
{
    char *text = fixture_written(reporter_tap.write, &fixture_run);

    fixture_expect_golden("report.tap", text);
    free(text);
}

Test(tap, an_interrupted_run_bails_out)
{
    char *text = fixture_written(reporter_tap.write, &fixture_interrupted);

    fixture_expect_golden("interrupted.tap", text);
    free(text);
}

Test(tap, a_run_without_cases_is_skipped)
{
    char *text = fixture_written(reporter_tap.write, &fixture_empty);

    cr_expect_str_eq(text, "TAP version 13\n1..0 # SKIP no case ran\n", "got %s", text);
    free(text);
}

Test(tap, points_are_numbered_as_planned_and_nothing_forges_one)
{
    char *text = fixture_written(reporter_tap.write, &fixture_run), *rest = text, *line;
    int plan = 0, n = 0;

    while ((line = strsep(&rest, "\n")) != NULL) {
        int number = 0;

        (void)sscanf(line, "1..%d", &plan);
        if (sscanf(line, "ok %d", &number) != 1 && sscanf(line, "not ok %d", &number) != 1)
            continue;
        cr_expect_eq(number, ++n, "got point %d as number %d", number, n);
    }
    cr_expect_eq(n, plan, "got %d points of %d", n, plan);
    free(text);
}

/* Runs prove on `path`, with its output in `output`. Returns false when there is no prove. */
static bool run_prove(const char *path, char *output, size_t size)
{
    char *const arguments[] = { strdup("prove"), strdup("-e"), strdup("cat"), strdup(path), NULL };
    posix_spawn_file_actions_t actions;
    int ends[2], status;
    size_t used = 0;
    ssize_t got;
    pid_t pid;

    cr_assert_eq(pipe(ends), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    if (posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ) != 0)
        return false;
    (void)close(ends[1]);
    while ((got = read(ends[0], output + used, size - used - 1)) > 0)
        used += (size_t)got;
    output[used] = '\0';
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    (void)close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; arguments[i] != NULL; i++)
        free(arguments[i]);
    return true;
}

Test(tap, prove_reads_it_without_parse_errors, .timeout = 60)
{
    char output[8192];

    if (!run_prove("reports/tests/golden/report.tap", output, sizeof(output)))
        cr_skip_test("no prove here");

    cr_expect_null(strstr(output, "Parse errors"), "got %s", output);
    cr_expect_not_null(strstr(output, "Failed tests:  1-2, 4, 6-7, 10"), "got %s", output);
}
