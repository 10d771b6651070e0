// Any JSON is a study or an error that names the file; a study's space is consistent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "core/json.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/space.h"
#include "core/study_spec.h"
#include "core/value.h"

namespace sturgeon {
namespace {

// A model with a default space of every kind of parameter, or (with `free`) without one.
struct Options {
  bool free = false;
};

class Factory final : public ModelFactory {
 public:
  static const Schema<Options>& OptionSchema() {
    static const auto* const schema = new Schema<Options>(
        Schema<Options>().Add("free", &Options::free, "Whether any parameter will do."));
    return *schema;
  }
  static absl::StatusOr<std::unique_ptr<ModelFactory>> Create(Options options,
                                                              const ModelContext&) {
    if (options.free) return std::unique_ptr<ModelFactory>(new Factory(SearchSpace()));
    auto space = SearchSpace::Create({
        Parameter::Float("rate", 1e-4, 1, Scale::kLog).Tier(1),
        Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).Tier(2).When("kind", {"a"}),
        Parameter::Int("batch", 8, 64, Scale::kLog).Factor(2).Tier(2),
        Parameter::Int("layers", 1, 4).Tier(3),
        Parameter::Int("units_2", 8, 64).Tier(3).WhenBetween("layers", 2, std::nullopt),
        Parameter::Categorical("kind", {"a", "b", 1, true, Value()}).Tier(4),
    });
    if (!space.ok()) return space.status();
    return std::unique_ptr<ModelFactory>(new Factory(*std::move(space)));
  }

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value&, const ModelOptions&) const override {
    return absl::UnimplementedError("nothing trains here");
  }

 private:
  explicit Factory(SearchSpace space) : space_(std::move(space)) {}

  const SearchSpace space_;
  const std::vector<Metric> metrics_ = {{"error", Goal::kMinimize}, {"gain", Goal::kMaximize}};
};

constexpr ModelPlugin kPlugin = MakeModelPlugin<Factory>("m", "For the fuzzer");

void Require(bool holds) {
  if (!holds) std::abort();
}

// Points of the space are valid, and go to the unit cube and back.
void CheckSpace(const SearchSpace& space) {
  Require(space.Validate(space.Default()).ok());
  Point unit(space.size()), point(space.size()), again(space.size());
  for (const double u : {0.0, 0.3, 0.5, 0.9, 1.0}) {
    for (double& coordinate : unit) coordinate = u;
    space.FromUnit(unit, absl::MakeSpan(point));
    Require(space.Validate(point).ok());
    space.ToUnit(point, absl::MakeSpan(unit));
    for (double& coordinate : unit) coordinate = coordinate >= 0 ? coordinate : 0.5;
    space.FromUnit(unit, absl::MakeSpan(again));
    Require(space.Validate(again).ok());
  }
}

void Check(absl::string_view text) {
  const auto value = ParseJson(text, "fuzz");
  if (!value.ok()) return;
  const auto spec = StudySpecFromValue(*value, "fuzz");
  if (!spec.ok()) {
    Require(absl::StartsWith(spec.status().message(), "fuzz"));
    return;
  }
  ModelRegistry models;
  Require(models.Add(kPlugin).ok());
  const auto prepared = Prepare(*spec, models, "fuzz");
  if (!prepared.ok()) {
    Require(absl::StartsWith(prepared.status().message(), "fuzz"));
    return;
  }
  Require(prepared->config.space.size() > 0 && !prepared->config.objectives.empty());
  CheckSpace(prepared->config.space);
}

}  // namespace
}  // namespace sturgeon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sturgeon::Check(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
