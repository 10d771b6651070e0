// What the panda decides each evening: a policy that babysits one model without a user.
//
//   Policy policy(config, start);
//   while (policy.plan().kind == Plan::kTrain) policy.Add(train(policy.plan()));
//
// Three ages of a model, in a budget of `steps` that counts all training, tentative or kept:
//
//   search   The first day is trained several times, from fresh models, with the learning rate in
//            steps of a decade from where it stands: up while that helps, else down while that
//            helps, then half a decade towards the better neighbour. What is best lives on.
//   hold     Days at that rate. Now and then a day is trained twice from the same snapshot, as
//            planned and with a nudge: one hyperparameter moved by a tenth or a quarter of its
//            range, on its own scale, either way. The nudge is kept if it is better by more than
//            the noise; a bandit (UCB1, Auer et al., 2002) over parameters, directions and sizes
//            chooses. Learning rates are nudged upwards alone, unless the curve rises: a lower rate
//            always looks better a day later, and is worse in the end (Wu et al., 2018).
//   cool     From 0.4 of the budget on, or from a plateau that no nudge has ended: the rate falls
//            linearly to nothing at the budget's end, n / (n + 1) of the day before's where n days
//            are left.
//
// Noise: sigma = median |l(i+1) - 2 l(i) + l(i-1)| / (0.6745 sqrt(6)) over the last twelve steps of
// the chain of days (the median absolute deviation of second differences, whatever the trend); half
// a percent of the loss while there are fewer than three differences.
//
// A day has blown up if its loss is not finite, or above best + max((first - best) / 2, 6 sigma) of
// its chain. Then the model goes back to the snapshot before, and if that does not do, to the one
// before that, with a third of the learning rate (a tenth where the loss was not finite). If the
// last day is worse than an earlier one by more than the noise, the earlier one is the result.
//
// A plan is a function of the configuration, the start, and the days that were added in their
// order: whoever adds the days of a stored study goes on where it stood. A day that was not planned
// is the user's, and the policy goes on from it, or, if it has blown up, from the day before it.
// Less loss is better. Cost: O(days) a day. Threads: one at a time.
#ifndef STURGEON_RUNNERS_PANDA_POLICY_H_
#define STURGEON_RUNNERS_PANDA_POLICY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/space.h"
#include "core/trial.h"
#include "runners/panda/diary.h"

namespace sturgeon {

struct PolicyConfig {
  const SearchSpace* space = nullptr;  // outlives the policy
  std::string metric = "loss";         // its name and sign, for the diary
  double sign = 1;                     // metric = sign * loss
  std::string unit = "step";
  int64_t max_steps = 1;    // a full training
  int64_t steps = 1;        // the budget
  int64_t day = 1;          // steps
  std::optional<int> rate;  // the learning rate's place in the space
  std::vector<int> nudged;  // of the parameters that may be nudged, the first ones first
};

struct Plan {
  enum Kind {
    kTrain,  // train a day
    kTake,   // the training is over, and what it came to is the model of the day `from`
    kOver,   // it is over
  };
  Kind kind = kOver;
  Point point;
  std::optional<int64_t> from;  // nullopt: a fresh model
  int64_t last_step = 0;        // train up to it
  bool last = false;            // the last day: it ends the training
  std::string why;              // "learning rate search: learning_rate 0.02 → 0.2"
};

class Policy {
 public:
  // `start`: the hyperparameters of the first day.
  Policy(PolicyConfig config, Point start);

  const Plan& plan() const { return plan_; }

  // A day has ended. What follows from it is the next plan.
  void Add(const Day& day);

  // The user has gone to a day that was added, and wants these hyperparameters from there on.
  void GoOnFrom(int64_t trial, const Point& point);

  // What was decided and why, a line each, since the last call.
  std::vector<std::string> TakeLines();

  // The day that the training goes on from; nullopt: none yet.
  std::optional<int64_t> tip() const { return tip_; }

 private:
  enum class Age { kSearch, kHold, kCool };
  struct Try {  // of the search
    double decades = 0;
    int64_t trial = 0;
    double loss = 0;  // infinite: it failed
  };
  struct Arm {
    int parameter = 0;
    double move = 0;  // in the parameter's unit coordinate
    int plays = 0, wins = 0;
    bool broken = false;  // the model does not take it
  };
  struct Candidate {
    Point point;
    int arm = -1;  // -1: the day as planned
    std::string why;
    std::optional<int64_t> trial;
  };

  // The learning rate of a point; `point` with another one, as near to it as there is.
  double Rate(const Point& point) const { return point[*config_.rate]; }
  Point WithRate(Point point, double rate) const;
  bool Searches() const;

  const Day& Tip() const { return days_.at(*tip_); }
  std::vector<const Day*> Chain() const;
  double Noise() const;                // of the chain
  double Margin() const;               // by which a difference must exceed it
  const Day* Best() const;             // of the chain
  bool BlownUp(const Day& day) const;  // against the chain
  bool OnPlateau(double* before, double* after) const;
  int64_t Remaining() const;                // steps that may still be trained
  int ChooseArm(const Point& point) const;  // -1: none
  std::optional<Point> Moved(const Point& point, const Arm& arm) const;

  // They set plan_.
  void Begin();
  void GoOnSearching();
  void EndSearch(const Try& best);
  void TrainTry(double decades);
  void PlanDay();        // the next round of candidates
  void PlanCandidate();  // the next of the round
  void Evening();        // of a round that was trained
  void RollBack(const Day& day);
  void End(std::string why);  // of the training
  void Say(std::string line) { lines_.push_back(std::move(line)); }
  std::string Shown(double loss) const;  // the metric
  std::string Change(const Point& before, const Point& after) const;

  const PolicyConfig config_;
  const Point start_;
  Plan plan_;
  std::vector<std::string> lines_;

  std::map<int64_t, Day> days_;
  int64_t spent_ = 0;
  std::optional<int64_t> tip_;
  Age age_ = Age::kHold;

  std::vector<Try> tries_;
  double trying_ = 0;  // decades
  bool refining_ = false;

  std::vector<Candidate> round_;
  std::vector<Arm> arms_;
  int64_t tentative_ = 0;  // steps that nudges have cost
  int days_since_nudge_ = 0;
  std::optional<Point> next_point_;  // after a rollback, instead of the tip's
  std::map<int64_t, int> offences_;  // days from which one has blown up
  int broken_ = 0;                   // trials in a row that failed for reasons of their own
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_POLICY_H_
