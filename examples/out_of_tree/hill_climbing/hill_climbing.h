// Hill climbing: each trial is a random step away from the best one so far. The smallest strategy
// that learns from results; docs/writing_plugins.md goes through it line by line.
#ifndef HILL_CLIMBING_HILL_CLIMBING_H_
#define HILL_CLIMBING_HILL_CLIMBING_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/strategy.h"

namespace hill_climbing {

struct Options {
  double step = 0.1;
};

class HillClimbing final : public sturgeon::Strategy {
 public:
  static const sturgeon::Schema<Options>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<sturgeon::Strategy>> Create(
      Options options, const sturgeon::StrategyContext& context);

  absl::StatusOr<std::vector<sturgeon::Proposal>> Ask(const sturgeon::AskRequest& request) override;
  absl::Status Tell(absl::Span<const sturgeon::Trial* const> finished) override;

 private:
  HillClimbing(Options options, const sturgeon::StudyConfig& study)
      : options_(options), study_(study) {}

  const Options options_;
  const sturgeon::StudyConfig& study_;
  sturgeon::Trial best_;  // has no values before the first result
};

inline constexpr sturgeon::StrategyPlugin kHillClimbing =
    sturgeon::MakeStrategyPlugin<HillClimbing>("hill_climbing", "Random steps from the best trial");

}  // namespace hill_climbing

#endif  // HILL_CLIMBING_HILL_CLIMBING_H_
