// Where a study's checkpoints and artifacts are kept: a folder of files, with a limit, that cleans
// up after itself.
//
//   ROOT/digits/                     the study's
//     trial-000017/                  a trial's
//       step-000027.ckpt             its model after 27 steps (core/checkpoint.h)
//       paused-000009.ckpt           likewise, from which another trial may go on
//       artifacts/                   what the model itself writes (ModelOptions::artifacts)
//       end                          how the trial ended
//
//   CheckpointOptions options;
//   options.root = "checkpoints";
//   options.study = config.name;
//   options.model = "mlp";
//   auto store = CheckpointStore::Open(options);
//   RunRequest request = {*study, *model};
//   request.checkpoints = store->get();
//
// Safe against crashes: a checkpoint is written to a temporary file, synced, renamed, and its
// folder synced; it is there whole or not at all. What is damaged nevertheless, or another model's,
// is as good as absent. Temporary files that nobody has written to for ten minutes are removed.
//
// What is kept. While a trial runs: its newest `keep_per_trial` checkpoints. When it has ended:
//   - of complete and feasible trials, the `keep_best` best (of several objectives: those that the
//     fewest others dominate; the earliest of equals), until better ones come;
//   - of paused trials, and of those that were trained to a budget below a full training, the
//     newest, while there is room;
//   - of failed trials that may be repeated, the newest, until a repetition has taken it over,
//     while there is room;
//   - nothing of others.
// All files together stay within `max_bytes`: room is made, from 7/8 of it on, by giving up paused
// trials, the worst first, then failed ones, the oldest first; never trials that run, that are
// among the best, or that were lately asked for by name (Want, Load). If there is none left, Save
// refuses. Several processes may share a folder; each looks at what the others have written now and
// then, and before it refuses, so that together they may pass the limit for a moment.
//
// Threads: every method may be called from any thread at any time.
#ifndef STURGEON_CORE_CHECKPOINT_STORE_H_
#define STURGEON_CORE_CHECKPOINT_STORE_H_

#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/checkpoint.h"
#include "core/study_config.h"
#include "core/temporary_folder.h"
#include "core/trial.h"

namespace sturgeon {

struct CheckpointOptions {
  std::string root;   // a folder; made where it is not there
  std::string study;  // its name; the folder within the root is named after it
  std::string model;  // the plugin's name
  // A running trial is saved every so many steps, and at its end; 0: only where another trial may
  // go on from it (paused, or trained to a budget below a full training).
  int64_t every = 0;
  int64_t max_checkpoint_bytes = int64_t{256} << 20;  // of one
  int64_t max_bytes = int64_t{1} << 30;               // of all the study's files
  int keep_per_trial = 1;
  int keep_best = 3;
  // Takes a line that the user should see; may be called from any thread, one call at a time.
  std::function<void(absl::string_view)> note;
};

// The name of a study's folder: its own where that can be a file's name, else something like it
// that no other name has.
std::string CheckpointFolder(absl::string_view study);

class CheckpointStore {
 public:
  // InvalidArgument: an option out of its range. Else why the folder cannot be made or read, with
  // its path.
  static absl::StatusOr<std::unique_ptr<CheckpointStore>> Open(CheckpointOptions options);
  // A store in a folder of its own below that of temporary files (TMPDIR), which goes when the
  // store does: for trials that go on from others of the same run. Its files are written without
  // waiting for the disk, `root` is of no effect, and models have no place for artifacts. Errors
  // say where it would be.
  static absl::StatusOr<std::unique_ptr<CheckpointStore>> OpenTemporary(CheckpointOptions options);
  ~CheckpointStore();

  const CheckpointOptions& options() const { return options_; }
  // The study's: ROOT/digits.
  const std::string& folder() const { return folder_; }

  // The study is new: what there is under its name was another's, and is removed.
  void Clear();

  // Keeps a checkpoint, durably; its model is set here. `paused`: another trial may go on from it.
  // ResourceExhausted: it is too large, there is no room, or the disk is full. FailedPrecondition:
  // the trial has ended. Else the system's error. The trial's earlier checkpoints are there still.
  absl::Status Save(Checkpoint checkpoint, bool paused);

  // The trial's newest checkpoint that is whole and of this model. NotFound: it has none at all.
  // DataLoss: it has some but none is of use; says why.
  absl::StatusOr<Checkpoint> Load(int64_t trial);
  bool Has(int64_t trial);

  // A trial is going to be loaded: its checkpoint is not given up for room (the last 64 of them).
  void Want(int64_t trial);

  // Removes all that there is of a trial.
  void Remove(int64_t trial);

  // The trial's folder of artifacts, made where it is not there; "" if it cannot be (that is
  // noted, unless the store is temporary). The model may write there what it likes; it counts, and
  // goes when the trial's checkpoints go.
  std::string Artifacts(int64_t trial);

  // Says how a trial of the study ended (trial.finished()), and cleans up. `repeated`: if it
  // failed, it may be repeated.
  void Ended(const Trial& trial, const StudyConfig& study, bool repeated);
  // The trials of which there are files and no end is known: they run, or their process is gone.
  std::vector<int64_t> Unended();

  // Shows the user that something could not be done, which a trial goes on without: once for each
  // kind of status.
  void NoteOnce(const absl::Status& status);

 private:
  // What is known of a trial's folder.
  struct Entry {
    struct File {
      int64_t step = 0;
      bool paused = false;
      int64_t bytes = 0;
    };
    std::vector<File> checkpoints;  // the newest last
    int64_t other_bytes = 0;        // artifacts and temporary files
    int writing = 0;                // calls of Save that are under way
    bool ended = false;
    bool failed = false;         // and may be repeated
    bool complete = false;       // its losses count
    std::vector<double> losses;  // less is better; infinite where it is not feasible

    bool paused() const { return !checkpoints.empty() && checkpoints.back().paused; }
    int64_t bytes() const;
  };

  CheckpointStore(CheckpointOptions options, std::string folder)
      : options_(std::move(options)), folder_(std::move(folder)) {}

  std::string TrialFolder(int64_t trial) const;
  std::string CheckpointPath(int64_t trial, const Entry::File& file) const;
  absl::Status Write(const std::string& path, absl::string_view contents) const;
  void WriteEnd(int64_t trial, const Entry& entry) const;
  // Leaves the entry as it is if there is none, or none that can be understood.
  static void ReadEnd(const std::string& path, Entry* entry);
  // Reads what is in a trial's folder; temporary files that are as old as `leftover` are removed.
  void ScanTrial(int64_t trial, std::chrono::minutes leftover, Entry* entry) const;
  // Reads the folder into index_; what cannot be read is taken for absent.
  void Scan() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Scans where enough has been written since the last time.
  void ScanIfDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t TotalBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Gives up what may be given up until `bytes` more fit; false if they do not.
  bool MakeRoom(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The trials that are kept for being the best.
  std::set<int64_t> Best() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Applies the rules to trials that have ended.
  void Prune() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveTrial(int64_t trial) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CheckpointOptions options_;
  const std::string folder_;
  std::unique_ptr<TemporaryFolder> temporary_;  // of OpenTemporary

  absl::Mutex mutex_;
  std::map<int64_t, Entry> index_ ABSL_GUARDED_BY(mutex_);
  int64_t reserved_ ABSL_GUARDED_BY(mutex_) = 0;  // bytes that are being written
  int64_t unseen_ ABSL_GUARDED_BY(mutex_) = 0;    // bytes written since the last scan
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;         // that changed something since
  std::deque<int64_t> wanted_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex note_mutex_;
  std::vector<absl::StatusCode> noted_ ABSL_GUARDED_BY(note_mutex_);
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_CHECKPOINT_STORE_H_
