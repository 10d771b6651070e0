// What mattered, as text for people.
#ifndef STURGEON_APPS_IMPORTANCE_TABLE_H_
#define STURGEON_APPS_IMPORTANCE_TABLE_H_

#include <string>

#include "core/importance.h"
#include "core/study_config.h"

namespace sturgeon {

// Lines of text, a parameter each, the most important first, with bars: those that have twice what
// a parameter without influence would be given, or more. Then the tiers that the data contradict.
// Empty: the data do not tell.
std::string ShortImportanceTable(const StudyConfig& config, const ImportanceReport& report);

// All of the report: every parameter, its interval and tiers, pairs, and how far to believe it.
std::string ImportanceText(const StudyConfig& config, const ImportanceReport& report);

}  // namespace sturgeon

#endif  // STURGEON_APPS_IMPORTANCE_TABLE_H_
