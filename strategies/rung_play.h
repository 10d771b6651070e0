// For tests of strategies that train in rungs: a study of 9 epochs to play by hand.
//
//   RungPlay play(kAshaStrategy, {{"over", "random"}});
//   EXPECT_EQ(play.Ask(2), "new@1 new@1");   // trials 0 and 1 are new, of 1 epoch each
//   play.Tell(0, 0.5);
//   EXPECT_EQ(play.Ask(), "0@3");            // trial 2 goes on from trial 0, to 3 epochs
//   play.Resume();                           // a fresh strategy, told what has ended
#ifndef STURGEON_STRATEGIES_RUNG_PLAY_H_
#define STURGEON_STRATEGIES_RUNG_PLAY_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/plugins.h"
#include "core/space.h"
#include "core/strategy.h"
#include "core/study_config.h"
#include "core/trial.h"
#include "core/value.h"

namespace sturgeon {

// What a strategy with rungs may be over: grid, random, tpe.
Plugins SearchersForTests();

class RungPlay {
 public:
  static constexpr int64_t kEpochs = 9;

  // A study of one float x in [0, 1], unless other parameters are given.
  explicit RungPlay(const StrategyPlugin& plugin, Value::Object options,
                    std::vector<Parameter> parameters = {Parameter::Float("x", 0, 1)});

  // What is proposed: "new@1", "0@3" (trial 0 goes on), "4@end" (to a full training).
  std::string Ask(int count = 1);
  // Ends a running trial; no value: it fails. `last_step`: of its reports; 0: its budget.
  void Tell(int64_t id, std::optional<double> value, int64_t last_step = 0);
  // Starts a copy of a failed trial, as a study does that repeats it; its id.
  int64_t Repeat(int64_t id);
  // Starts a full training that the user wants.
  void Enqueue(Point point);
  // The process dies, and another one goes on.
  void Resume();

  Trial& trial(int64_t id) { return trials_[id]; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::unique_ptr<Strategy> Make();
  Trial& Start();

  const StrategyPlugin& plugin_;
  const Value options_;
  const Plugins plugins_ = SearchersForTests();
  StudyConfig study_;
  std::vector<std::string> notes_;
  std::unique_ptr<Strategy> strategy_;
  std::deque<Trial> trials_;
  std::map<int64_t, Trial*> running_;
};

}  // namespace sturgeon

#endif  // STURGEON_STRATEGIES_RUNG_PLAY_H_
