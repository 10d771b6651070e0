#include "core/checkpoint_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>  // NOLINT(build/c++17)
#include <limits>
#include <optional>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/dominance.h"
#include "core/file.h"

namespace sturgeon {
namespace {

namespace fs = std::filesystem;

constexpr char kTrialPrefix[] = "trial-";
constexpr char kStepPrefix[] = "step-";
constexpr char kPausedPrefix[] = "paused-";
constexpr char kSuffix[] = ".ckpt";
constexpr char kEnd[] = "end";
constexpr char kArtifacts[] = "artifacts";
constexpr size_t kWanted = 64;
constexpr std::chrono::minutes kLeftover(10);  // after which a temporary file is nobody's
constexpr int kCallsBetweenScans = 64;

// The number in "trial-000017", between a prefix and a suffix.
std::optional<int64_t> NumberIn(absl::string_view name, absl::string_view prefix,
                                absl::string_view suffix) {
  int64_t number = 0;
  if (!absl::ConsumePrefix(&name, prefix) || !absl::ConsumeSuffix(&name, suffix) || name.empty() ||
      !std::all_of(name.begin(), name.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(name, &number)) {
    return std::nullopt;
  }
  return number;
}

// The entries of a folder; none if it cannot be read.
std::vector<fs::path> List(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) paths.push_back(at->path());
  return paths;
}

int64_t SizeOf(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(size);
}

// Of all files below a folder; links are not followed.
int64_t SizeBelow(const fs::path& folder) {
  int64_t total = 0;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (fs::is_regular_file(at->symlink_status(ignored))) total += SizeOf(at->path());
  }
  return total;
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // Some file systems cannot sync a folder, and need not be asked to.
  const bool synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP);
  const int error = errno;
  if (fd >= 0) close(fd);
  if (synced) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("cannot sync ", folder, ": ", std::strerror(error)));
}

// Makes a folder in one that is there; true: it was not there yet.
absl::StatusOr<bool> MakeFolder(const std::string& folder) {
  std::error_code error;
  const bool made = fs::create_directory(folder, error);
  if (!error) return made;
  const std::string message = absl::StrCat("cannot make ", folder, ": ", error.message());
  if (error == std::errc::no_space_on_device) return absl::ResourceExhaustedError(message);
  if (error == std::errc::permission_denied || error == std::errc::read_only_file_system) {
    return absl::PermissionDeniedError(message);
  }
  return absl::InternalError(message);
}

std::string Bytes(int64_t bytes) {
  if (bytes >= int64_t{1} << 20) {
    return absl::StrFormat("%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  }
  return absl::StrCat(bytes, " bytes");
}

struct Candidate {
  int64_t trial;
  const std::vector<double>* losses;
};

// The best first: those that the fewest others dominate; the earliest of equals. O(n log n) for one
// objective, O(n^2) for several.
void Rank(std::vector<Candidate>* candidates) {
  std::map<int64_t, int64_t> dominators;
  if (!candidates->empty() && candidates->front().losses->size() != 1) {
    for (const Candidate& one : *candidates) {
      for (const Candidate& other : *candidates) {
        dominators[one.trial] += Dominates(*other.losses, *one.losses) ? 1 : 0;
      }
    }
  }
  std::sort(candidates->begin(), candidates->end(), [&](const Candidate& a, const Candidate& b) {
    if (!dominators.empty()) {
      const int64_t above_a = dominators[a.trial], above_b = dominators[b.trial];
      if (above_a != above_b) return above_a < above_b;
    } else if (a.losses->front() != b.losses->front()) {
      return a.losses->front() < b.losses->front();
    }
    return a.trial < b.trial;
  });
}

}  // namespace

std::string CheckpointFolder(absl::string_view study) {
  constexpr size_t kLongest = 100;
  std::string name;
  for (const char c : study.substr(0, kLongest)) {
    const bool plain = absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  if (name == study && !name.empty() && name[0] != '.') return name;
  return absl::StrFormat("study_%s-%08x", name, Crc32c(study));
}

absl::StatusOr<std::unique_ptr<CheckpointStore>> CheckpointStore::OpenTemporary(
    CheckpointOptions options) {
  absl::StatusOr<std::unique_ptr<TemporaryFolder>> folder = TemporaryFolder::Make("checkpoints");
  if (!folder.ok()) return folder.status();
  options.root = (*folder)->path();
  absl::StatusOr<std::unique_ptr<CheckpointStore>> store = Open(std::move(options));
  if (store.ok()) (*store)->temporary_ = *std::move(folder);
  return store;
}

CheckpointStore::~CheckpointStore() = default;

absl::StatusOr<std::unique_ptr<CheckpointStore>> CheckpointStore::Open(CheckpointOptions options) {
  if (options.root.empty()) return absl::InvalidArgumentError("checkpoints need a folder");
  if (options.every < 0 || options.max_checkpoint_bytes < 1 || options.max_bytes < 1 ||
      options.keep_per_trial < 1 || options.keep_best < 0) {
    return absl::InvalidArgumentError(
        "checkpoints: steps between them and the number of best trials are at least 0, limits and "
        "the number of checkpoints a trial at least 1");
  }
  const std::string folder = absl::StrCat(options.root, "/", CheckpointFolder(options.study));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot make the folder ", folder, ": ", error.message()));
  }
  absl::Status status = CheckWritable(folder + "/writable");
  if (!status.ok()) return status;
  std::unique_ptr<CheckpointStore> store(
      new CheckpointStore(std::move(options), std::move(folder)));
  absl::MutexLock lock(&store->mutex_);
  store->Scan();
  store->Prune();
  return store;
}

int64_t CheckpointStore::Entry::bytes() const {
  int64_t total = other_bytes;
  for (const File& file : checkpoints) total += file.bytes;
  return total;
}

std::string CheckpointStore::TrialFolder(int64_t trial) const {
  return absl::StrFormat("%s/%s%06d", folder_, kTrialPrefix, trial);
}

std::string CheckpointStore::CheckpointPath(int64_t trial, const Entry::File& file) const {
  return absl::StrFormat("%s/%s%06d%s", TrialFolder(trial),
                         file.paused ? kPausedPrefix : kStepPrefix, file.step, kSuffix);
}

// "complete 0.125": its state and its losses.
void CheckpointStore::WriteEnd(int64_t trial, const Entry& entry) const {
  std::string text = absl::StrCat(entry.failed     ? "failed"
                                  : entry.complete ? "complete"
                                                   : "stopped");
  for (const double loss : entry.losses) absl::StrAppendFormat(&text, " %.17g", loss);
  const absl::Status ignored = Write(absl::StrCat(TrialFolder(trial), "/", kEnd), text + "\n");
}

void CheckpointStore::ReadEnd(const std::string& path, Entry* entry) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return;
  const std::vector<std::string> words =
      absl::StrSplit(*text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  std::vector<double> losses;
  for (size_t i = 1; i < words.size(); ++i) {
    double loss = 0;
    if (!absl::SimpleAtod(words[i], &loss) || std::isnan(loss)) return;
    losses.push_back(loss);
  }
  if (words.empty()) return;
  entry->failed = words[0] == "failed";
  entry->complete = words[0] == "complete";
  entry->ended = entry->failed || entry->complete || words[0] == "stopped";
  entry->losses = std::move(losses);
}

void CheckpointStore::ScanTrial(int64_t trial, std::chrono::minutes leftover, Entry* entry) const {
  entry->checkpoints.clear();
  entry->other_bytes = 0;
  const auto now = fs::file_time_type::clock::now();
  for (const fs::path& path : List(TrialFolder(trial))) {
    const std::string name = path.filename().string();
    std::error_code error;
    const std::optional<int64_t> step = NumberIn(name, kStepPrefix, kSuffix);
    const std::optional<int64_t> paused = NumberIn(name, kPausedPrefix, kSuffix);
    if (step.has_value()) {
      entry->checkpoints.push_back({*step, false, SizeOf(path)});
    } else if (paused.has_value()) {
      entry->checkpoints.push_back({*paused, true, SizeOf(path)});
    } else if (name == kEnd) {
      if (!entry->ended) ReadEnd(path.string(), entry);
    } else if (name == kArtifacts) {
      entry->other_bytes += SizeBelow(path);
    } else if (absl::EndsWith(name, ".tmp") && now - fs::last_write_time(path, error) >= leftover) {
      fs::remove(path, error);
    } else {
      entry->other_bytes += SizeOf(path);
    }
  }
  std::sort(entry->checkpoints.begin(), entry->checkpoints.end(),
            [](const Entry::File& a, const Entry::File& b) {
              return a.step != b.step ? a.step < b.step : a.paused < b.paused;
            });
}

void CheckpointStore::Scan() {
  std::map<int64_t, Entry> found;
  for (const fs::path& folder : List(folder_)) {
    const std::optional<int64_t> trial = NumberIn(folder.filename().string(), kTrialPrefix, "");
    if (!trial.has_value()) continue;
    Entry& entry = found[*trial];
    const auto known = index_.find(*trial);
    if (known != index_.end()) entry = known->second;
    ScanTrial(*trial, kLeftover, &entry);
  }
  // A folder that is only about to be made.
  for (const auto& [trial, entry] : index_) {
    if (entry.writing > 0) found.emplace(trial, entry);
  }
  index_ = std::move(found);
  unseen_ = 0;
  calls_ = 0;
}

void CheckpointStore::ScanIfDue() {
  const int64_t room = std::max<int64_t>(options_.max_bytes - TotalBytes(), 0);
  if (++calls_ > kCallsBetweenScans || unseen_ > room / 16) Scan();
}

int64_t CheckpointStore::TotalBytes() const {
  int64_t total = reserved_;
  for (const auto& [trial, entry] : index_) total += entry.bytes();
  return total;
}

std::set<int64_t> CheckpointStore::Best() const {
  std::vector<Candidate> candidates;
  for (const auto& [trial, entry] : index_) {
    const bool finite = std::all_of(entry.losses.begin(), entry.losses.end(),
                                    [](double loss) { return std::isfinite(loss); });
    if (entry.complete && finite && !entry.losses.empty()) {
      candidates.push_back({trial, &entry.losses});
    }
  }
  Rank(&candidates);
  std::set<int64_t> best;
  for (const Candidate& candidate : candidates) {
    if (static_cast<int>(best.size()) == options_.keep_best) break;
    best.insert(candidate.trial);
  }
  return best;
}

void CheckpointStore::Prune() {
  const std::set<int64_t> best = Best();
  std::vector<int64_t> useless;
  for (const auto& [trial, entry] : index_) {
    if (!entry.ended || entry.writing > 0 || entry.paused() || entry.failed ||
        best.count(trial) > 0 || std::count(wanted_.begin(), wanted_.end(), trial) > 0) {
      continue;
    }
    useless.push_back(trial);
  }
  for (const int64_t trial : useless) RemoveTrial(trial);
}

bool CheckpointStore::MakeRoom(int64_t bytes) {
  if (TotalBytes() + bytes <= options_.max_bytes) return true;
  Scan();
  Prune();
  const std::set<int64_t> best = Best();
  std::vector<Candidate> paused;
  std::vector<int64_t> failed;
  for (const auto& [trial, entry] : index_) {
    if (!entry.ended || entry.writing > 0 || best.count(trial) > 0 ||
        std::count(wanted_.begin(), wanted_.end(), trial) > 0) {
      continue;
    }
    if (entry.failed) {
      failed.push_back(trial);
    } else if (!entry.losses.empty()) {
      paused.push_back({trial, &entry.losses});
    }
  }
  Rank(&paused);
  std::vector<int64_t> order;
  for (auto at = paused.rbegin(); at != paused.rend(); ++at) order.push_back(at->trial);
  order.insert(order.end(), failed.begin(), failed.end());
  // More than is needed, so that this need not be done again for each checkpoint.
  int64_t total = TotalBytes();
  for (const int64_t trial : order) {
    if (total + bytes <= options_.max_bytes / 8 * 7) break;
    total -= index_[trial].bytes();
    RemoveTrial(trial);
  }
  return total + bytes <= options_.max_bytes;
}

void CheckpointStore::Clear() {
  absl::MutexLock lock(&mutex_);
  Scan();
  while (!index_.empty()) RemoveTrial(index_.begin()->first);
}

absl::Status CheckpointStore::Write(const std::string& path, absl::string_view contents) const {
  if (temporary_ == nullptr) return WriteFile(path, contents);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  file.close();
  if (file) return absl::OkStatus();
  const std::string message = absl::StrCat("cannot write ", path, ": ", std::strerror(errno));
  return errno == ENOSPC ? absl::ResourceExhaustedError(message) : absl::InternalError(message);
}

absl::Status CheckpointStore::Save(Checkpoint checkpoint, bool paused) {
  const int64_t trial = checkpoint.trial, step = checkpoint.step;
  checkpoint.model = options_.model;
  const std::string file = EncodeCheckpoint(checkpoint);
  const auto bytes = static_cast<int64_t>(file.size());
  const std::string what = absl::StrCat("the checkpoint of trial ", trial, " at step ", step);
  if (bytes > options_.max_checkpoint_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(what, " has ", Bytes(bytes), "; the limit is ",
                                                     Bytes(options_.max_checkpoint_bytes)));
  }
  const std::string folder = TrialFolder(trial);
  const Entry::File written = {step, paused, bytes};
  const std::string path = CheckpointPath(trial, written);
  {
    absl::MutexLock lock(&mutex_);
    ScanIfDue();
    Entry& entry = index_[trial];
    if (entry.ended) return absl::FailedPreconditionError(absl::StrCat(what, " comes too late"));
    int64_t replaced = 0;
    const auto kept = static_cast<size_t>(options_.keep_per_trial - 1);
    for (size_t i = 0; i + kept < entry.checkpoints.size(); ++i) {
      replaced += entry.checkpoints[i].bytes;
    }
    ++entry.writing;
    if (!MakeRoom(bytes - replaced)) {
      --index_[trial].writing;
      return absl::ResourceExhaustedError(absl::StrCat(
          what, " has ", Bytes(bytes), ", and ", folder_, " has ", Bytes(TotalBytes()), " of ",
          Bytes(options_.max_bytes), " that are for trials that still run or are among the best"));
    }
    reserved_ += bytes;
  }

  absl::Status status;
  const absl::StatusOr<bool> made = MakeFolder(folder);
  if (!made.ok()) status = made.status();
  if (status.ok()) status = Write(path, file);
  if (status.ok() && temporary_ == nullptr) status = SyncFolder(folder);
  if (status.ok() && temporary_ == nullptr && *made) status = SyncFolder(folder_);

  absl::MutexLock lock(&mutex_);
  reserved_ -= bytes;
  unseen_ += bytes;
  Entry& entry = index_[trial];
  --entry.writing;
  std::error_code ignored;
  if (entry.ended) {
    fs::remove(path, ignored);
    return absl::FailedPreconditionError(absl::StrCat(what, " comes too late"));
  }
  if (!status.ok()) return status;
  std::vector<Entry::File>& files = entry.checkpoints;
  files.erase(std::remove_if(files.begin(), files.end(),
                             [&](const Entry::File& other) {
                               return other.step == step && other.paused == paused;
                             }),
              files.end());
  files.push_back(written);
  while (static_cast<int>(files.size()) > options_.keep_per_trial) {
    fs::remove(CheckpointPath(trial, files[0]), ignored);
    files.erase(files.begin());
  }
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> CheckpointStore::Load(int64_t trial) {
  Want(trial);
  // From the folder itself: another process may have written it.
  std::vector<std::pair<int64_t, std::string>> files;
  for (const fs::path& path : List(TrialFolder(trial))) {
    const std::string name = path.filename().string();
    for (const char* prefix : {kStepPrefix, kPausedPrefix}) {
      const std::optional<int64_t> step = NumberIn(name, prefix, kSuffix);
      if (step.has_value()) files.emplace_back(*step, path.string());
    }
  }
  std::sort(files.rbegin(), files.rend());
  std::string faults;
  for (const auto& [step, path] : files) {
    const absl::StatusOr<std::string> bytes = ReadFile(path);
    absl::StatusOr<Checkpoint> checkpoint =
        bytes.ok() ? DecodeCheckpoint(*bytes) : absl::StatusOr<Checkpoint>(bytes.status());
    std::string fault;
    if (!checkpoint.ok()) {
      fault = std::string(checkpoint.status().message());
    } else if (checkpoint->model != options_.model) {
      fault = absl::StrCat("it is of the model ", checkpoint->model, ", not of ", options_.model);
    } else if (checkpoint->trial != trial || checkpoint->step != step) {
      fault = absl::StrCat("it is of trial ", checkpoint->trial, " at step ", checkpoint->step);
    } else {
      return checkpoint;
    }
    absl::StrAppend(&faults, faults.empty() ? "" : "; ", "cannot use ", path, ": ", fault);
  }
  if (files.empty()) {
    return absl::NotFoundError(absl::StrCat("trial ", trial, " has no checkpoint in ", folder_));
  }
  return absl::DataLossError(faults);
}

bool CheckpointStore::Has(int64_t trial) {
  for (const fs::path& path : List(TrialFolder(trial))) {
    const std::string name = path.filename().string();
    if (NumberIn(name, kStepPrefix, kSuffix).has_value() ||
        NumberIn(name, kPausedPrefix, kSuffix).has_value()) {
      return true;
    }
  }
  return false;
}

void CheckpointStore::Want(int64_t trial) {
  absl::MutexLock lock(&mutex_);
  wanted_.push_back(trial);
  if (wanted_.size() > kWanted) wanted_.pop_front();
}

void CheckpointStore::Remove(int64_t trial) {
  absl::MutexLock lock(&mutex_);
  RemoveTrial(trial);
}

void CheckpointStore::RemoveTrial(int64_t trial) {
  std::error_code ignored;
  fs::remove_all(TrialFolder(trial), ignored);
  index_.erase(trial);
}

std::string CheckpointStore::Artifacts(int64_t trial) {
  if (temporary_ != nullptr) return "";
  const std::string folder = TrialFolder(trial);
  const std::string artifacts = absl::StrCat(folder, "/", kArtifacts);
  absl::Status status = MakeFolder(folder).status();
  if (status.ok()) status = MakeFolder(artifacts).status();
  if (!status.ok()) {
    NoteOnce(status);
    return "";
  }
  absl::MutexLock lock(&mutex_);
  index_[trial];
  return artifacts;
}

void CheckpointStore::Ended(const Trial& trial, const StudyConfig& study, bool repeated) {
  absl::MutexLock lock(&mutex_);
  const std::string folder = TrialFolder(trial.id);
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) {
    index_.erase(trial.id);
    return;
  }
  // It may have run in a process of its own: what this one knows of it need not be all.
  Entry& entry = index_[trial.id];
  ScanTrial(trial.id, entry.writing == 0 ? std::chrono::minutes(0) : kLeftover, &entry);
  unseen_ += entry.bytes();
  entry.ended = true;
  entry.complete = trial.state == TrialState::kComplete;
  entry.failed = trial.state == TrialState::kFailed;
  entry.losses.clear();
  for (size_t i = 0; i < trial.values.size() && i < study.objectives.size(); ++i) {
    entry.losses.push_back(trial.feasible() ? study.objectives[i].Loss(trial.values[i])
                                            : std::numeric_limits<double>::infinity());
  }
  // Where its reports were heard late, it may have trained on beyond its end.
  if (trial.state == TrialState::kStopped && !trial.reports.empty()) {
    const int64_t last = trial.reports.step(trial.reports.size() - 1);
    while (!entry.checkpoints.empty() && entry.checkpoints.back().step > last) {
      fs::remove(CheckpointPath(trial.id, entry.checkpoints.back()), ignored);
      entry.checkpoints.pop_back();
    }
  }
  // A trial that fails leaves nothing but what a repetition goes on from.
  const bool of_use = entry.failed ? repeated && !entry.checkpoints.empty() : entry.bytes() > 0;
  if (!of_use && entry.writing == 0) {
    RemoveTrial(trial.id);
    return;
  }
  ScanIfDue();
  Prune();
  const auto kept = index_.find(trial.id);
  if (kept != index_.end()) WriteEnd(trial.id, kept->second);
  MakeRoom(0);  // of artifacts nothing was known before
}

std::vector<int64_t> CheckpointStore::Unended() {
  absl::MutexLock lock(&mutex_);
  Scan();
  std::vector<int64_t> trials;
  for (const auto& [trial, entry] : index_) {
    if (!entry.ended) trials.push_back(trial);
  }
  return trials;
}

void CheckpointStore::NoteOnce(const absl::Status& status) {
  if (!options_.note) return;
  absl::MutexLock lock(&note_mutex_);
  if (std::count(noted_.begin(), noted_.end(), status.code()) > 0) return;
  noted_.push_back(status.code());
  options_.note(
      absl::StrCat("checkpoints: ", status.message(), "; trials go on without (said once)"));
}

}  // namespace sturgeon
