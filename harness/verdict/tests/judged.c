#include "harness/verdict/tests/judged.h"

#include <string.h>

const struct result_case *fixture_judge(struct fixture *fixture, const struct profile *profile,
                                        bool strict)
{
    const struct verdict_options options = { .profile = profile, .strict = strict };

    return verdict_case(fixture->context, fixture->scenario, fixture_observe(fixture), &options);
}

bool fixture_breaks(const struct result_case *result, const char *rule)
{
    for (size_t i = 0; i < result->n_steps; i++)
        for (size_t j = 0; j < result->steps[i].n_checks; j++)
            for (size_t k = 0;
                 k < result->steps[i].checks[j].n_rules && !result->steps[i].checks[j].passed; k++)
                if (strcmp(result->steps[i].checks[j].rules[k].id, rule) == 0)
                    return true;
    return false;
}
