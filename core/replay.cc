#include "core/replay.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <list>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/strategy.h"
#include "core/trial.h"
#include "core/trial_check.h"

namespace sturgeon {
namespace {

// How many workers' strategies are kept for what these ask next.
constexpr size_t kMostPlayers = 8;

bool SameBits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(a)) == 0;
}

// The ids of both lists, in order.
std::vector<int64_t> Union(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::vector<int64_t> all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

// A worker's strategy, and what it knows.
class Player {
 public:
  static absl::StatusOr<std::unique_ptr<Player>> Create(std::string worker, ReplayPlan plan,
                                                        const Plugins& plugins,
                                                        const std::vector<TrialRecord>& trials) {
    std::unique_ptr<Player> player(new Player(std::move(worker), std::move(plan), plugins, trials));
    absl::Status status = player->Restart();
    if (!status.ok()) return status;
    return player;
  }

  const std::string& worker() const { return worker_; }
  const StudyConfig& config() const { return plan_.config; }

  // What the strategy proposes to whoever has that view.
  absl::StatusOr<const std::vector<Proposal>*> Ask(const AskedView& view) {
    const std::vector<int64_t> unknown = Union(view.pending, view.hidden);
    const bool same = asked_.has_value() && asked_->first_id == view.first_id &&
                      asked_->count == view.count && asked_->pending == view.pending &&
                      asked_->hidden == view.hidden;
    if (same) return &proposals_;
    absl::Status status = Tell(view.first_id, unknown);
    if (!status.ok()) return status;
    std::vector<PendingTrial> pending;
    for (const int64_t id : view.pending) {
      const Trial& trial = trials_[id].trial;
      pending.push_back({id, trial.point, trial.budget, trial.resume_from});
    }
    absl::StatusOr<std::vector<Proposal>> proposals =
        strategy_->Ask({view.first_id, view.count, pending});
    if (!proposals.ok()) return proposals.status();
    proposals_ = *std::move(proposals);
    asked_ = view;
    return &proposals_;
  }

 private:
  Player(std::string worker, ReplayPlan plan, const Plugins& plugins,
         const std::vector<TrialRecord>& trials)
      : worker_(std::move(worker)), plan_(std::move(plan)), plugins_(plugins), trials_(trials) {}

  absl::Status Restart() {
    strategy_.reset();
    auto made = plugins_.strategies.Create(plan_.strategy,
                                           {plan_.config, plugins_, [](absl::string_view) {}});
    if (!made.ok()) return made.status();
    strategy_ = *std::move(made);
    end_ = 0;
    unknown_.clear();
    return absl::OkStatus();
  }

  // Makes it know the trials below `end` but `unknown`.
  absl::Status Tell(int64_t end, const std::vector<int64_t>& unknown) {
    const bool forgets =
        end < end_ || std::any_of(unknown.begin(), unknown.end(), [&](int64_t id) {
          return id < end_ && !std::binary_search(unknown_.begin(), unknown_.end(), id);
        });
    if (forgets) {
      absl::Status status = Restart();
      if (!status.ok()) return status;
    }
    std::vector<const Trial*> news;
    const auto add = [&](int64_t id) {
      const Trial& trial = trials_[id].trial;
      const bool known = !std::binary_search(unknown.begin(), unknown.end(), id);
      if (known && CheckEnded(plan_.config, trial).ok()) news.push_back(&trial);
    };
    for (const int64_t id : unknown_) add(id);
    for (int64_t id = end_; id < end; ++id) add(id);
    end_ = end;
    unknown_ = unknown;
    return news.empty() ? absl::OkStatus() : strategy_->Tell(news);
  }

  const std::string worker_;
  const ReplayPlan plan_;
  const Plugins& plugins_;
  const std::vector<TrialRecord>& trials_;
  std::unique_ptr<Strategy> strategy_;
  int64_t end_ = 0;               // told are the trials below
  std::vector<int64_t> unknown_;  // but these, in order
  std::optional<AskedView> asked_;
  std::vector<Proposal> proposals_;  // to that
};

std::string Describe(const std::optional<int64_t>& number, absl::string_view none) {
  return number.has_value() ? absl::StrCat(*number) : std::string(none);
}

// What is wrong with a view by itself; "" if nothing is. `open`: the trials that have not ended.
std::string Contradiction(const std::vector<TrialRecord>& trials, const std::vector<int64_t>& open,
                          const TrialRecord& record) {
  const AskedView& view = *record.asked;
  if (view.first_id < 0 || view.first_id > record.trial.id || view.count < 1 || view.index < 0 ||
      view.index >= view.count || view.first_id + view.index != record.trial.id) {
    return "its record of what it was asked with makes no sense";
  }
  for (const std::vector<int64_t>* list : {&view.pending, &view.hidden}) {
    if (!std::is_sorted(list->begin(), list->end()) ||
        (!list->empty() && (list->front() < 0 || list->back() >= view.first_id))) {
      return "its record of the trials that ran then makes no sense";
    }
  }
  for (const int64_t id : view.pending) {
    if (trials[id].trial.point.empty()) {
      return absl::StrCat("trial ", id, " ran then, and its point is not there");
    }
  }
  const std::vector<int64_t> unknown = Union(view.pending, view.hidden);
  for (const int64_t id : open) {
    if (id < view.first_id && !std::binary_search(unknown.begin(), unknown.end(), id)) {
      return absl::StrCat("trial ", id, " had ended then, and has not ended now");
    }
  }
  return "";
}

std::optional<ReplayDifference> Compare(const SearchSpace& space, const TrialRecord& record,
                                        const std::vector<Proposal>& proposals) {
  ReplayDifference difference;
  difference.trial = record.trial.id;
  const auto index = static_cast<size_t>(record.asked->index);
  if (index >= proposals.size()) {
    difference.what = "the strategy now proposes nothing here";
    return difference;
  }
  const Proposal& proposal = proposals[index];
  if (proposal.point.size() != record.trial.point.size()) {
    difference.what = absl::StrCat("the stored point has ", record.trial.point.size(),
                                   " parameters, the replayed one ", proposal.point.size());
    return difference;
  }
  for (int i = 0; i < space.size(); ++i) {
    if (SameBits(record.trial.point[i], proposal.point[i])) continue;
    difference.parameter = space[i].name;
    difference.stored = record.trial.point[i];
    difference.replayed = proposal.point[i];
    return difference;
  }
  if (proposal.budget != record.trial.budget) {
    difference.what = absl::StrCat("its budget is stored as ", Describe(record.trial.budget, "all"),
                                   ", and replayed as ", Describe(proposal.budget, "all"));
    return difference;
  }
  if (proposal.resume_from != record.trial.resume_from) {
    difference.what = absl::StrCat("the trial that it starts from is stored as ",
                                   Describe(record.trial.resume_from, "none"), ", and replayed as ",
                                   Describe(proposal.resume_from, "none"));
    return difference;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Replayed> Replay(
    const std::vector<TrialRecord>& trials, const Plugins& plugins,
    const std::function<absl::StatusOr<ReplayPlan>(absl::string_view worker)>& plan) {
  Replayed replayed;
  std::vector<int64_t> open;
  for (const TrialRecord& record : trials) {
    if (!record.trial.finished()) open.push_back(record.trial.id);
  }
  std::list<std::unique_ptr<Player>> players;  // the last one asked stands first
  for (const TrialRecord& record : trials) {
    if (!record.asked.has_value()) {
      replayed.told += record.trial.finished();
      continue;
    }
    if (record.trial.point.empty()) continue;  // the proposal never came to be known
    const std::string contradiction = Contradiction(trials, open, record);
    if (!contradiction.empty()) {
      replayed.difference.emplace();
      replayed.difference->trial = record.trial.id;
      replayed.difference->what = contradiction;
      return replayed;
    }
    auto player = std::find_if(
        players.begin(), players.end(),
        [&](const std::unique_ptr<Player>& other) { return other->worker() == record.worker; });
    if (player == players.end()) {
      absl::StatusOr<ReplayPlan> its_plan = plan(record.worker);
      if (!its_plan.ok()) return its_plan.status();
      auto made = Player::Create(record.worker, *std::move(its_plan), plugins, trials);
      if (!made.ok()) return made.status();
      if (players.size() == kMostPlayers) players.pop_back();
      players.push_front(*std::move(made));
    } else {
      players.splice(players.begin(), players, player);
    }
    const absl::StatusOr<const std::vector<Proposal>*> proposals =
        players.front()->Ask(*record.asked);
    if (!proposals.ok()) return proposals.status();
    replayed.difference = Compare(players.front()->config().space, record, **proposals);
    if (replayed.difference.has_value()) return replayed;
    ++replayed.proposals;
  }
  return replayed;
}

absl::StatusOr<std::vector<TrialRecord>> ReadForReplay(Storage& storage, int64_t study) {
  std::vector<TrialRecord> trials;
  ReadCursor cursor;
  absl::Status status = storage.Read(study, &cursor, [&](TrialRecord record) {
    trials.push_back(std::move(record));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  // A trial that ran when it was read may have ended before a later one was asked for.
  status = storage.Read(study, &cursor, [&](TrialRecord record) {
    const auto id = static_cast<size_t>(record.trial.id);
    if (id < trials.size()) trials[id] = std::move(record);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return trials;
}

}  // namespace sturgeon
