#include "strategies/random/random.h"

#include <algorithm>
#include <cstdint>

#include "core/plugins.h"
#include "strategies/start.h"

namespace sturgeon {

const Schema<RandomOptions>& RandomStrategy::OptionSchema() {
  static const auto* const schema = new Schema<RandomOptions>(
      Schema<RandomOptions>().Add("sampler", &RandomOptions::sampler,
                                  "Where the points lie: a sampler, with options of its own."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Strategy>> RandomStrategy::Create(RandomOptions options,
                                                                 const StrategyContext& context) {
  const StudyConfig& study = context.study;
  auto sampler = context.plugins.samplers.Create(options.sampler, SamplingOf(study, study.trials));
  if (!sampler.ok()) return sampler.status();
  return std::unique_ptr<Strategy>(new RandomStrategy(study.space, *std::move(sampler)));
}

absl::StatusOr<std::vector<Proposal>> RandomStrategy::Ask(const AskRequest& request) {
  const int64_t left = std::max<int64_t>(sampler_->size() - request.first_id, 0);
  const auto count = static_cast<size_t>(std::min<int64_t>(request.count, left));
  if (count == 0) return std::vector<Proposal>();
  const size_t n = space_.size();
  const size_t dimensions = std::max<size_t>(n, 1);
  unit_.resize(count * dimensions);
  absl::Status status = sampler_->Sample(request.first_id, absl::MakeSpan(unit_));
  if (!status.ok()) return status;
  std::vector<Proposal> proposals(count);
  for (size_t i = 0; i < count; ++i) {
    Point& point = proposals[i].point;
    point.resize(n);
    space_.FromUnit(absl::MakeConstSpan(unit_).subspan(i * dimensions, n), absl::MakeSpan(point));
  }
  return proposals;
}

absl::Status RandomStrategy::Tell(absl::Span<const Trial* const> /*finished*/) {
  return absl::OkStatus();
}

}  // namespace sturgeon
