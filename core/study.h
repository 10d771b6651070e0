// The study: the one driver between strategies, models, runners and users.
//
// It owns the trials, numbers them, checks every value that passes in either direction, and calls
// its strategy one call at a time.
//
//   StudyConfig config;
//   config.space = *SearchSpace::Create({Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog)});
//   auto study = Study::Create(std::move(config), {"random"}, plugins);
//   for (int i = 0; i < 100; ++i) {
//     auto trials = (*study)->Ask(1);
//     const double error = TrainAndValidate(trials->front().Number("learning_rate"));
//     (*study)->Tell(trials->front().id, Outcome::Complete({error}));
//   }
//   std::optional<Trial> best = (*study)->Best();
//
// A study may be kept in a storage and shared with other processes (Attach). Then it holds what the
// others' trials have come to as well, as of the last Ask; a trial that its methods acknowledge is
// there whatever happens to the process.
//
// Threads: every method may be called from any thread at any time.
#ifndef STURGEON_CORE_STUDY_H_
#define STURGEON_CORE_STUDY_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/dominance.h"
#include "core/option_schema.h"
#include "core/spending.h"
#include "core/stopping_rule.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/study_store.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

struct Plugins;

// What Ask hands out: a trial to run.
struct Suggestion {
  int64_t id = 0;
  Point point;
  std::optional<int64_t> budget;       // how far to train; nullopt: to the end
  std::optional<int64_t> resume_from;  // the trial whose checkpoint it starts from
  std::optional<int64_t> retry_of;     // the failed trial that it repeats
  // The first of the trials that it goes on from or repeats, whose seed its model has, so that it
  // comes to the same whether there is a checkpoint or not; nullopt: itself.
  std::optional<int64_t> origin;
  const SearchSpace* space = nullptr;  // the study's

  // The value of a float or an int; NaN if there is no such parameter or it is inactive.
  double Number(absl::string_view name) const;
  // The value of any parameter; null if there is no such parameter or it is inactive.
  Value Get(absl::string_view name) const;
};

// Called as things happen, one call at a time, without the study's lock: a hook may ask the study
// questions, but must not call Ask, Report or Tell.
struct StudyHooks {
  std::function<void(const Trial&)> on_start;
  std::function<void(const Trial&)> on_finish;
  std::function<void(absl::string_view)> on_note;  // a line from the strategy
};

class Study {
 public:
  // InvalidArgument: the config is wrong, the strategy or a stopping rule is unknown, or it refuses
  // the config.
  // `plugins` must outlive the study.
  static absl::StatusOr<std::unique_ptr<Study>> Create(StudyConfig config,
                                                       const PluginSpec& strategy,
                                                       const Plugins& plugins,
                                                       StudyHooks hooks = {});

  // The study at a place in a storage, with the trials that are there; those of workers that are
  // gone are ended. `config` is the stored study's, as far as it is stored. A stored trial that
  // does not fit the space (another tool made it) is kept, but neither told to the strategy nor the
  // best. InvalidArgument as above; else the storage's errors.
  static absl::StatusOr<std::unique_ptr<Study>> Attach(StudyConfig config,
                                                       const PluginSpec& strategy,
                                                       const Plugins& plugins, StudyHooks hooks,
                                                       const StudyPlace& place);

  const StudyConfig& config() const { return config_; }
  const SearchSpace& space() const { return config_.space; }

  // Starts up to `count` trials: first what was enqueued, or is to be repeated, then what the
  // strategy proposes. Fewer than asked for, possibly none: the strategy has nothing more to try,
  // the study has `limit` trials (0: no limit), those that repeat others not counted, or its budget
  // has no room for what was proposed. Internal: the strategy broke its contract.
  absl::StatusOr<std::vector<Suggestion>> Ask(int count, int64_t limit = 0);

  // Starts one trial, as Ask does, with `proposal` in the place of the strategy's: for runners that
  // decide by themselves how a training goes on. What was enqueued, or is to be repeated, still
  // comes first; nullopt: the study has `limit` trials, or no room in its budget. InvalidArgument:
  // not a point of the space, a budget below 1, or a trial to go on from that has not ended.
  absl::StatusOr<std::optional<Suggestion>> AskFor(const Proposal& proposal, int64_t limit = 0);

  // A running trial's metrics at a step, [metrics], and what the strategy says to that; where it
  // wants to go on, a stopping rule may answer kStop, or the budget, or a user.
  // InvalidArgument: a wrong number of values, a step not above the last one. FailedPrecondition:
  // the trial does not run. A value that is not finite is recorded, and the answer is kStop.
  absl::StatusOr<Decision> Report(int64_t id, int64_t step, absl::Span<const double> values);

  // Ends a running trial. A value that is not finite makes it failed (kNotFinite); one that is
  // complete at a budget below config().max_steps is stopped; one that ends stopped as a stopping
  // rule wanted has the rule's reason. InvalidArgument:
  // a wrong number of values. NotFound: no such trial. FailedPrecondition: it has ended already.
  // Unavailable: the storage could not take it; the trial still runs, and may be told again. A
  // trial that other processes have given up for lost is failed (kLostWorker), whatever `outcome`
  // says.
  absl::Status Tell(int64_t id, Outcome outcome);

  // Puts a point in front of the strategy's proposals. InvalidArgument: not a point of the space.
  absl::Status Enqueue(Point point);
  // Likewise by names; an active parameter that is not given gets its default.
  absl::Status Enqueue(const Value& assignment);

  // Adds a trial that finished elsewhere; its id is replaced by the next free one, which is
  // returned, and it goes on from none.
  absl::StatusOr<int64_t> Import(Trial trial);

  // The best complete and feasible trial of a study with one objective (the earliest of equals).
  std::optional<Trial> Best() const;
  // The nondominated complete and feasible trials, in the order of their ids.
  std::vector<Trial> ParetoFront() const;

  // How many trials there are, and in which states.
  struct Counts {
    int64_t waiting = 0, running = 0, complete = 0, stopped = 0, failed = 0;
    int64_t total() const { return running + complete + stopped + failed; }
  };
  Counts counts() const;

  // Whether the last Ask came to fewer trials for want of budget.
  bool out_of_budget() const;

  // Whether a user wants no trial to start now (kPausedAttribute); whoever asks for trials waits.
  bool paused() const { return store_ != nullptr && store_->paused(); }

  // Whether a trial that fails may be repeated.
  bool retries() const { return store_ != nullptr && store_->retries() > 0; }

  // Hands a line to the hooks (on_note), as the strategy's are.
  void Note(absl::string_view line);

  // A copy of a trial, or of all of them; a point that is not known is all NaN. NotFound: no such
  // trial.
  absl::StatusOr<Trial> Get(int64_t id) const;
  std::vector<Trial> Trials() const;

 private:
  Study(StudyConfig config, StudyHooks hooks);

  static absl::StatusOr<std::unique_ptr<Study>> Make(StudyConfig config, const PluginSpec& strategy,
                                                     const Plugins& plugins, StudyHooks hooks);

  // Ask and AskFor. `instead`: takes the place of what the strategy proposes; nullptr: nothing
  // does.
  absl::StatusOr<std::vector<Suggestion>> AskAnyway(int count, int64_t limit,
                                                    const Proposal* instead)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<Suggestion>> AskHere(int count, int64_t limit, const Proposal* instead,
                                                  std::vector<const Trial*>* started)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<std::vector<Suggestion>> AskStored(int count, int64_t limit,
                                                    const Proposal* instead,
                                                    std::vector<const Trial*>* started,
                                                    std::vector<const Trial*>* finished)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The strategy's proposals for trials `first_id`, `first_id` + 1 …, checked.
  absl::StatusOr<std::vector<Proposal>> Propose(int64_t first_id, int count)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::StatusOr<Trial*> FindRunning(int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A trial of the next id; the trial of an id, with those before it.
  Trial& Add(TrialState state, Point point) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Trial& Slot(int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetState(Trial& trial, TrialState state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Suggestion Start(Trial& trial, Proposal proposal, std::optional<int64_t> retry_of = std::nullopt)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetOrigin(int64_t id, std::optional<int64_t> retry_of, std::optional<int64_t> resume_from)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What has been spent; `planned`: and the steps that running trials have yet to train.
  Spent SpentSoFar(bool planned) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the budget has room for so many steps (0: for anything), or for a trial. If not,
  // remembers it.
  bool HasRoom(int64_t steps = 0) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoomFor(const Proposal& proposal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return HasRoom(spending_.PlannedSteps(proposal.budget, proposal.resume_from));
  }
  // What the strategy, the stopping rules and the budget make of a report.
  Decision Judge(const RunningTrial& trial) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(Trial& trial, Outcome outcome) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes over what the storage says of a trial that does not run here, and adds it to `ended` if
  // it has ended.
  void Adopt(TrialRecord record, std::vector<const Trial*>* ended)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes over what is new in the storage; `ended`, empty before, gets what has ended.
  absl::Status ReadOthers(std::vector<const Trial*>* ended)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(ask_mutex_) ABSL_LOCKS_EXCLUDED(mutex_);
  // Tell, through the storage. Not `ended`: the storage did not take it, and the trial still runs.
  absl::Status TellStored(int64_t id, Outcome outcome, bool* ended) ABSL_LOCKS_EXCLUDED(mutex_);
  // Tells the strategy and the stopping rules of trials that have just ended, in the order of their
  // ids.
  absl::Status Finished(absl::Span<const Trial* const> trials)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UpdateFront(const Trial& trial) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t& CountOf(TrialState state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hands what the strategy said, then the trials, to the hooks.
  void CallHooks(const std::function<void(const Trial&)>& hook,
                 absl::Span<const Trial* const> trials) ABSL_LOCKS_EXCLUDED(mutex_);

  const StudyConfig config_;
  const StudyHooks hooks_;
  std::unique_ptr<StudyStore> store_;  // null: the study is in this process's memory alone

  absl::Mutex ask_mutex_;  // one Ask of a stored study at a time; taken before mutex_
  mutable absl::Mutex mutex_;
  std::unique_ptr<Strategy> strategy_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<StoppingRule>> stopping_ ABSL_GUARDED_BY(mutex_);
  // Of the running trials that a stopping rule, or a user, wants to end: their words.
  absl::flat_hash_map<int64_t, std::string> stop_reasons_ ABSL_GUARDED_BY(mutex_);
  // A deque: trials never move, and one that has ended never changes.
  std::deque<Trial> trials_ ABSL_GUARDED_BY(mutex_);
  std::deque<Point> queue_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<int64_t, Trial*> running_ ABSL_GUARDED_BY(mutex_);  // here
  absl::btree_set<int64_t> ending_ ABSL_GUARDED_BY(mutex_);  // of these, being told to the storage
  absl::btree_map<int64_t, Trial*> elsewhere_ ABSL_GUARDED_BY(mutex_);  // running in others' hands
  absl::btree_set<int64_t> hidden_ ABSL_GUARDED_BY(mutex_);  // not ended, their points not known
  absl::flat_hash_map<int64_t, int64_t> origins_ ABSL_GUARDED_BY(mutex_);  // Suggestion::origin
  // What the strategy is shown of the running trials; rebuilt when these have changed.
  std::vector<PendingTrial> pending_ ABSL_GUARDED_BY(mutex_);
  bool pending_stale_ ABSL_GUARDED_BY(mutex_) = false;
  Spending spending_ ABSL_GUARDED_BY(mutex_);
  bool out_of_budget_ ABSL_GUARDED_BY(mutex_) = false;
  NondominatedSet front_ ABSL_GUARDED_BY(mutex_);  // one objective: the best
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> notes_
      ABSL_GUARDED_BY(mutex_);  // said by the strategy, not yet handed on

  absl::Mutex hooks_mutex_;  // one hook at a time
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_STUDY_H_
