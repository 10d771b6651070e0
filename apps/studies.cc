// sturgeon studies: what a storage holds.

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/stored_study.h"
#include "core/json.h"
#include "core/study_spec.h"
#include "gflags/gflags.h"
#include "terminal/text.h"

DECLARE_string(storage);

namespace sturgeon {
namespace {

struct Entry {
  StudyListing listing;
  StudyConfig config;
  Value best;  // the value, or how many trials the front has; null: none
};

absl::StatusOr<std::vector<Entry>> ReadEntries(Storage& storage) {
  absl::StatusOr<std::vector<StudyListing>> list = storage.ListStudies();
  if (!list.ok()) return list.status();
  std::vector<Entry> entries;
  for (StudyListing& listing : *list) {
    const absl::StatusOr<StudyRecord> study = storage.FindStudy(listing.name);
    if (absl::IsNotFound(study.status())) continue;  // deleted meanwhile
    if (!study.ok()) return study.status();
    Entry entry;
    entry.config = study->config;
    const absl::StatusOr<std::vector<int64_t>> best = BestTrials(storage, *study);
    if (!best.ok()) return best.status();
    if (study->config.objectives.size() > 1) {
      entry.best = static_cast<int64_t>(best->size());
    } else if (!best->empty()) {
      const absl::StatusOr<std::vector<Trial>> trial = ReadTrials(storage, study->id, *best);
      if (!trial.ok()) return trial.status();
      if (!trial->empty()) entry.best = trial->front().values[0];
    }
    entry.listing = std::move(listing);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string Time(absl::Time time) {
  return time == absl::InfinitePast()
             ? "-"
             : absl::FormatTime("%Y-%m-%d %H:%M", time, absl::LocalTimeZone());
}

std::string Text(const std::vector<Entry>& entries, const std::string& place, int width) {
  if (entries.empty()) return absl::StrCat(Printable(place), " has no studies yet.\n");
  std::vector<std::vector<std::string>> rows = {{"study", "objectives", "complete", "stopped",
                                                 "failed", "running", "waiting", "best",
                                                 "first start"}};
  for (const Entry& entry : entries) {
    const StudyListing& listing = entry.listing;
    std::string objectives, best = "-";
    for (const Objective& objective : entry.config.objectives) {
      absl::StrAppend(&objectives, objectives.empty() ? "" : ", ",
                      GoalName(objective.goal) == "minimize" ? "min " : "max ", objective.metric);
    }
    if (entry.config.objectives.size() > 1) {
      best = absl::StrCat("front of ", entry.best.integer());
    } else if (!entry.best.is_null()) {
      best = ShortNumber(entry.best.number());
    }
    rows.push_back({Printable(listing.name), Printable(objectives), absl::StrCat(listing.complete),
                    absl::StrCat(listing.stopped), absl::StrCat(listing.failed),
                    absl::StrCat(listing.running), absl::StrCat(listing.waiting), best,
                    Time(listing.first_start)});
  }
  constexpr size_t kTexts = 2;  // at the left; what follows stands at the right
  // States that no trial is in are left out, unless it is the first.
  std::vector<size_t> columns;
  for (size_t c = 0; c < rows[0].size(); ++c) {
    const bool state = c >= 3 && c <= 6;
    const bool empty =
        std::all_of(rows.begin() + 1, rows.end(),
                    [&](const std::vector<std::string>& row) { return row[c] == "0"; });
    if (!state || !empty) columns.push_back(c);
  }
  std::vector<int> widths(rows[0].size(), 0);
  int total = -2;
  for (const size_t c : columns) {
    for (const auto& row : rows) widths[c] = std::max(widths[c], TextColumns(row[c]));
    total += widths[c] + 2;
  }
  // What is too much is taken from the longer of the two texts.
  while (width > 0 && total > width && std::max(widths[0], widths[1]) > 12) {
    --(widths[0] >= widths[1] ? widths[0] : widths[1]);
    --total;
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (const size_t c : columns) {
      const std::string cell = Elided(row[c], widths[c]);
      const std::string blank(std::max(0, widths[c] - TextColumns(cell)), ' ');
      absl::StrAppend(&line, c > 0 ? "  " : "", c < kTexts ? "" : blank, cell,
                      c < kTexts ? blank : "");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

Value Json(const std::vector<Entry>& entries) {
  Value::List list;
  for (const Entry& entry : entries) {
    const StudyListing& listing = entry.listing;
    Value study;
    study.Set("study", listing.name);
    Value::List objectives;
    for (const Objective& objective : entry.config.objectives) {
      objectives.push_back(ToValue(objective));
    }
    study.Set("objectives", std::move(objectives));
    study.Set("trials", Value::Object{{"complete", listing.complete},
                                      {"stopped", listing.stopped},
                                      {"failed", listing.failed},
                                      {"running", listing.running},
                                      {"waiting", listing.waiting}});
    study.Set(entry.config.objectives.size() > 1 ? "pareto_trials" : "best_value", entry.best);
    study.Set("first_start",
              listing.first_start == absl::InfinitePast()
                  ? Value()
                  : Value(static_cast<double>(absl::ToUnixMicros(listing.first_start)) * 1e-6));
    list.push_back(std::move(study));
  }
  return list;
}

int Run(const std::vector<std::string>&, const Plugins& plugins) {
  const absl::Status known = CheckFormat();
  if (!known.ok()) return Complain(known, kExitUsage);
  const auto storage = OpenExisting(plugins.storages, FLAGS_storage);
  if (!storage.ok()) return Complain(storage.status(), kExitUsage);
  const absl::StatusOr<std::vector<Entry>> entries = ReadEntries(**storage);
  if (!entries.ok()) return Complain(entries.status(), kExitFailed);
  const std::string text =
      FLAGS_format == "json" ? WriteJsonPretty(Json(*entries)) + "\n"
                             : Text(*entries, (*storage)->description(), ShownWidth(STDOUT_FILENO));
  return Print(text) ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {kStorageFlag, kFormatFlag};

}  // namespace

const Command kStudiesCommand = {
    "studies", "Lists the studies of a storage.",
    "[flags]", "sturgeon studies --storage=sqlite:sturgeon.db",
    kFlags,    0,
    &Run,
};

}  // namespace sturgeon
