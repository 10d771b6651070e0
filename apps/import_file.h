// What `sturgeon import` takes out of a file: a result file, or an export.
#ifndef STURGEON_APPS_IMPORT_FILE_H_
#define STURGEON_APPS_IMPORT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

struct ImportedFile {
  StudyConfig config;
  Value strategy;  // as the file names it; null: it does not
  // Numbered from 0 on. None goes on from a trial that the file does not have.
  std::vector<Trial> trials;
  bool renumbered = false;  // their ids in the file were others
};

// `path` says what the text is: it ends with .json, .jsonl or .csv. `config` is the study that the
// trials are of; null: the file says it, as result files do. InvalidArgument begins with the path.
absl::StatusOr<ImportedFile> ReadImport(absl::string_view text, const std::string& path,
                                        const StudyConfig* config);

}  // namespace sturgeon

#endif  // STURGEON_APPS_IMPORT_FILE_H_
