// The study file and the flags that overrule it, for all commands that take both.
#ifndef STURGEON_APPS_STUDY_FLAGS_H_
#define STURGEON_APPS_STUDY_FLAGS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/earlier_study.h"
#include "core/study_config.h"
#include "core/study_spec.h"
#include "core/value.h"
#include "gflags/gflags_declare.h"

DECLARE_string(study);
DECLARE_string(strategy);
DECLARE_string(strategy_options);
DECLARE_string(stopping);
DECLARE_string(stopping_options);
DECLARE_string(runner);
DECLARE_string(study_name);
DECLARE_int32(retries);

namespace sturgeon {

// The status with `where` in front of its message.
absl::Status At(absl::string_view where, const absl::Status& status);
// InvalidArgument: what is wrong with a flag.
absl::Status BadFlag(absl::string_view flag, absl::string_view message);

// The study of the file --study, as those of the flags that the user gave have it. (A command takes
// as many of them as it lists.) Errors say which file, or which flag.
absl::StatusOr<StudySpec> SpecFromFlags();

// The trials of the earlier studies that a study starts from; `spec` is by SpecFromFlags.
absl::StatusOr<std::vector<EarlierStudy>> EarlierStudiesOf(const StudySpec& spec,
                                                           const StudyConfig& config);

// What the study is to try first, as far as it tunes it.
absl::StatusOr<std::vector<Value>> EnqueuedBy(const StudySpec& spec, const PreparedStudy& prepared);

}  // namespace sturgeon

#endif  // STURGEON_APPS_STUDY_FLAGS_H_
