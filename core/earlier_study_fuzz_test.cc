// Any JSON is an earlier study, all of whose trials this study can take, or an error that names the
// file.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "core/earlier_study.h"
#include "core/json.h"
#include "core/space.h"
#include "core/study_config.h"

namespace sturgeon {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

StudyConfig MakeConfig() {
  StudyConfig config;
  absl::StatusOr<SearchSpace> space = SearchSpace::Create({
      Parameter::Float("rate", 1e-4, 1, Scale::kLog),
      Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog).When("kind", {"a"}),
      Parameter::Float("x", -1, 1).Step(0.3),
      Parameter::Int("batch", 8, 64, Scale::kLog).Factor(2),
      Parameter::Int("units", 3, 3000, Scale::kLog),
      Parameter::Int("layers", 1, 4),
      Parameter::Categorical("kind", {"a", "b", 1, true, Value()}),
  });
  Require(space.ok());
  config.space = *std::move(space);
  config.objectives = {{"error", Goal::kMinimize}};
  return config;
}

void Check(absl::string_view text) {
  static const auto* const config = new StudyConfig(MakeConfig());
  const auto value = ParseJson(text, "fuzz");
  if (!value.ok()) return;
  const auto earlier = EarlierStudyFromValue(*value, *config, "fuzz");
  if (!earlier.ok()) {
    Require(absl::StartsWith(earlier.status().message(), "fuzz"));
    return;
  }
  for (const EarlierTrial& trial : earlier->trials) {
    Require(config->space.Validate(trial.point).ok());
    Require(trial.values.size() == 1 && std::isfinite(trial.values[0]));
  }
}

}  // namespace
}  // namespace sturgeon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sturgeon::Check(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
