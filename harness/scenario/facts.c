#include "harness/scenario/facts.h"

#define FACT_AS_ROW(id, name, type, words, meaning) [FACT_##id] = { name, type, words, meaning },

const struct fact facts[FACT_COUNT] = { FACTS(FACT_AS_ROW) };
