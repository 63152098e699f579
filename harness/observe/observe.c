#include "harness/observe/view.h"

#include "harness/base/text.h"

#include <string.h>
#include <talloc.h>

/* The connection that the step's mail went over: where MAIL was said, or else the last one that was
 * opened. */
static const struct observed_connection *leading(const struct observation *all, int step)
{
    const struct evidence *evidence = all->evidence;
    int number = 0, opened = 0;

    for (size_t i = 0; i < evidence->n_events; i++) {
        const struct evidence_event *event = &evidence->events[i];

        if (event->step != step || event->connection == 0)
            continue;
        if (event->id == EVENT_OPEN)
            opened = event->connection;
        if (event->id == EVENT_MESSAGE ||
            (event->id == EVENT_COMMAND &&
             strcmp(evidence_text(event->fields, "verb"), "MAIL") == 0))
            number = event->connection;
    }
    if (number == 0 || MUTANT(the_last_opened_leads))
        number = opened;
    return number > 0 ? &all->connections[number - 1] : NULL;
}

static void fill_step(struct observation *all, struct observed_step *step, int number)
{
    struct view view = {
        .context = all,
        .all = all,
        .step = number,
        .connection = number > 0 ? leading(all, number) : NULL,
        .answer = number > 0 ? &all->evidence->answers[number - 1] : NULL,
    };

    step->number = number;
    step->connection = view.connection;
    for (size_t i = 0; i < all->n_connections; i++)
        step->n_opened += number == 0 || all->connections[i].opened_in == number;
    for (size_t i = 0; i < all->n_messages; i++)
        step->n_messages += number == 0 || all->messages[i].step == number;
    for (int i = 0; i < FACT_COUNT; i++)
        step->facts[i] =
            fact_getters[i] != NULL ? fact_getters[i](&view) : told_get(&view, (enum fact_id)i);
}

const struct observation *observe(void *context, const struct scenario *scenario,
                                  const struct pki *pki, const struct evidence *evidence,
                                  bool body_only)
{
    struct observation *all = talloc_zero(context, struct observation);

    all->evidence = evidence;
    all->scenario = scenario;
    all->pki = pki;
    observe_connections(all, body_only);
    all->n_steps = (size_t)evidence->steps_played;
    all->steps = talloc_zero_array(all, struct observed_step, (unsigned)all->n_steps + 1);
    for (size_t i = 0; i < all->n_steps; i++)
        fill_step(all, &all->steps[i], (int)i + 1);
    fill_step(all, &all->whole, 0);
    all->disagreement = observe_disagreement(all, all);
    return all;
}

const char *observe_words(void *context, const struct fact_value *value)
{
    if (value->values == NULL)
        return "(nothing known)";
    if (value->values[0] == NULL)
        return "(an empty list)";
    return text_join(context, value->values, ", ");
}
