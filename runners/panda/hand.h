// The panda by hand: a user says, a line at a time, how one model goes on.
//
//   set learning_rate 0.003   from the next day on
//   go 5                      trains five days
//   back 2                    to the snapshot of two days before
//   plot, diary, why          what has been, and what the policy would do next
//   save                      the model as it is becomes the study's result
//
// A day is a trial of the study, and numbered as that is. A line that cannot be understood is
// answered with what would be right, and changes nothing.
#ifndef STURGEON_RUNNERS_PANDA_HAND_H_
#define STURGEON_RUNNERS_PANDA_HAND_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/space.h"
#include "runners/panda/console.h"
#include "runners/panda/diary.h"
#include "runners/panda/keeper.h"
#include "runners/panda/policy.h"

namespace sturgeon {

// A session with the user; what it is made from must outlive it. Threads: one.
class Hand {
 public:
  // `config`: the policy's, whose `steps` is how many steps may be trained in all, 0 for as many as
  // the user likes. `minutes` (0: none): as the panda's option. The model stands after the last day
  // of the study that ended well.
  Hand(Keeper& keeper, PolicyConfig config, double minutes, Console& console);

  // Carries out the user's lines until one ends the session, there is no more, or the run is over.
  void Work();

 private:
  using Words = std::vector<std::string>;
  struct Command {
    const char* name;
    const char* arguments;
    const char* help;
    absl::Status (Hand::*run)(const Words& arguments);
  };
  static const std::vector<Command>& Commands();
  void Do(absl::string_view line);

  // The commands. InvalidArgument, FailedPrecondition: what the user is told instead.
  absl::Status Set(const Words& arguments);
  absl::Status Go(const Words& arguments);
  absl::Status Back(const Words& arguments);
  absl::Status Plot(const Words& arguments);
  absl::Status ShowDiary(const Words& arguments);
  absl::Status Why(const Words& arguments);
  absl::Status Auto(const Words& arguments);
  absl::Status Save(const Words& arguments);
  absl::Status Help(const Words& arguments);
  absl::Status Quit(const Words& arguments);

  const Day& Tip() const { return *keeper_.diary().Find(*tip_); }
  int64_t Behind() const { return tip_.has_value() ? Tip().last_step : 0; }
  // The days that made the model, without those that only took another's model for the result.
  std::vector<const Day*> Chain() const;
  // The model stands after that day; nullopt: it is a fresh one.
  void GoTo(std::optional<int64_t> trial);
  // `point` with other values. As Set.
  absl::StatusOr<Point> Changed(const Point& point, const Words& words) const;
  // The names of the parameters that may change now.
  std::vector<std::string> Changeable() const;

  // Trains a day, and says what came of it. FailedPrecondition: none can be trained. False: it did
  // not go well.
  absl::StatusOr<bool> TrainDay();
  // The minutes of the next day, and how many steps a day has otherwise.
  double Minutes() const;
  int64_t DaySteps() const;
  // What the policy makes of the days so far; `lines`: what it says to the last of them.
  absl::StatusOr<std::unique_ptr<Policy>> Advisor(std::vector<std::string>* lines) const;

  void Say(absl::string_view line) { console_.Write(std::string(line) + "\n"); }
  std::string Metric(double loss) const;        // "validation_error 0.12"
  std::string Steps(const Day& day) const;      // "epochs 4-6"
  std::string Stand() const;                    // "after day 3, epoch 6"
  std::string Described(const Day& day) const;  // a day and its outcome, on one line
  void Ended();                                 // says that nothing more can be trained

  Keeper& keeper_;
  const PolicyConfig config_;
  const double minutes_;
  Console& console_;

  std::optional<int64_t> tip_;  // the day after which the model stands
  Point point_;                 // the next day's hyperparameters
  bool touched_ = false;        // by set or back, since the last day
  bool done_ = false;
};

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_HAND_H_
