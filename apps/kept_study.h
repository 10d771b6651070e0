// The study that `tune` runs, in the storage where it is kept: found there, or made.
#ifndef STURGEON_APPS_KEPT_STUDY_H_
#define STURGEON_APPS_KEPT_STUDY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/storage.h"
#include "core/study_config.h"
#include "core/study_spec.h"
#include "core/study_store.h"

namespace sturgeon {

// The study file that a study was made from, with what flags said; an attribute of stored studies.
inline constexpr char kSpecAttribute[] = "sturgeon:spec";

// Likewise of a worker that has gone on with other flags.
std::string SpecAttributeOf(absl::string_view worker);

struct KeptStudy {
  std::unique_ptr<Storage> storage;
  StudyPlace place;
  bool found = false;  // it was there already
};

// Opens the storage and finds the study of `config`'s name, or makes it. FailedPrecondition: the
// study that is there is another one (its space, its objectives, its seed …): says what differs and
// what to do. Else the storage's errors.
absl::StatusOr<KeptStudy> KeepStudy(const StorageRegistry& storages, absl::string_view url,
                                    const StudyConfig& config, const StudySpec& spec);

// What makes `ours` another study than the stored one, in words; "" if nothing does.
std::string Difference(const StudyRecord& stored, const StudyConfig& ours);

}  // namespace sturgeon

#endif  // STURGEON_APPS_KEPT_STUDY_H_
