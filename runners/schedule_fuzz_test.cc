// Whatever a file holds, it is a schedule that comes back from what is written of it and whose
// days, if they fit a model, are valid points; or an error that says where.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "core/json.h"
#include "core/model.h"
#include "core/space.h"
#include "core/value.h"
#include "runners/schedule.h"

namespace sturgeon {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

class Factory final : public ModelFactory {
 public:
  Factory() {
    absl::StatusOr<SearchSpace> space = SearchSpace::Create({
        Parameter::Float("learning_rate", 1e-4, 1, Scale::kLog),
        Parameter::Float("momentum", 0.9, 0.999, Scale::kReverseLog),
        Parameter::Int("units", 1, 64),
        Parameter::Categorical("optimizer", {"sgd", "adam"}),
        Parameter::Float("beta2", 0.9, 0.999).When("optimizer", {"adam"}),
    });
    Require(space.ok());
    space_ = *std::move(space);
  }

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  std::string unit() const override { return "epoch"; }
  int64_t max_steps() const override { return 27; }
  std::vector<std::string> settable() const override { return {"learning_rate", "optimizer"}; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value&, const ModelOptions&) const override {
    return absl::UnimplementedError("nobody trains it");
  }

 private:
  SearchSpace space_;
  const std::vector<Metric> metrics_ = {{"loss", Goal::kMinimize}};
};

void Check(absl::string_view text) {
  static const auto* const factory = new Factory();
  const absl::StatusOr<Value> json = ParseJson(text, "fuzz.json");
  if (!json.ok()) return;
  const absl::StatusOr<Schedule> schedule = ScheduleFromValue(*json, "fuzz.json");
  if (!schedule.ok()) {
    Require(absl::StartsWith(schedule.status().message(), "fuzz.json"));
    return;
  }
  const std::string written = WriteJsonPretty(ToValue(*schedule));
  const absl::StatusOr<Value> back = ParseJson(written, "written.json");
  Require(back.ok());
  const absl::StatusOr<Schedule> again = ScheduleFromValue(*back, "written.json");
  Require(again.ok() && WriteJsonPretty(ToValue(*again)) == written);

  const SearchSpace& space = factory->default_space();
  const absl::StatusOr<std::vector<ScheduledDay>> days = FitSchedule(*schedule, space, *factory);
  if (!days.ok()) return;
  int64_t before = 0;
  for (const ScheduledDay& day : *days) {
    Require(day.until > before && day.until <= factory->max_steps());
    Require(space.Validate(day.point).ok());
    before = day.until;
  }
}

}  // namespace
}  // namespace sturgeon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sturgeon::Check(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
