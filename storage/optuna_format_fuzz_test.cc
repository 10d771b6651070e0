// Whatever stands in the tables of a foreign database is read, or is an error: the input is taken
// for distributions (one a line), for attributes of all kinds, for times and numbers.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/space.h"
#include "storage/optuna_format.h"

namespace sturgeon {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void ReadDistributions(absl::string_view text) {
  std::vector<std::pair<std::string, std::string>> distributions;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    distributions.emplace_back(line.size() % 2 == 0 ? "even" : "odd", line);
    absl::StatusOr<Parameter> parameter = ParameterFromDistribution("x", line);
    if (!parameter.ok() || !SearchSpace::Create({*parameter}).ok()) continue;
    // What was read can be written, and read again.
    const absl::StatusOr<Parameter> again =
        ParameterFromDistribution("x", DistributionJson(*parameter));
    Require(again.ok() && again->type == parameter->type && again->low == parameter->low &&
            again->choices.size() == parameter->choices.size());
  }
  StudyConfig config;
  const absl::StatusOr<StudyLayout> layout = StudyLayout::Infer(config, distributions);
  if (!layout.ok()) return;
  PointReader reader(*layout);
  Point point(layout->space().size(), std::numeric_limits<double>::quiet_NaN());
  for (const std::pair<std::string, std::string>& distribution : distributions) {
    for (const double value : {-1.0, 0.0, 1.0, 1e300, std::nan("")}) {
      reader.Add(distribution.first, value, distribution.second, absl::MakeSpan(point));
    }
  }
  reader.FitForeign(absl::MakeSpan(point));
  for (int i = 0; i < layout->space().size(); ++i) {
    const Parameter& parameter = layout->space()[i];
    if (!parameter.is_categorical() || std::isnan(point[i])) continue;
    Require(point[i] >= 0 && point[i] < static_cast<double>(parameter.choices.size()));
  }
  layout->Assignment(point);
}

}  // namespace
}  // namespace sturgeon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sturgeon;  // NOLINT(google-build-using-namespace)
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  ReadDistributions(text);
  AttributeFromJson(text);
  StringFromJson(text);
  TimeFromOptuna(text);
  CheckName("a name", text).IgnoreError();
  if (const auto numbers = NumbersFromJson(text)) NumbersFromJson(NumbersJson(*numbers));
  StudyConfig config;
  StudyFromAttribute(text, &config).IgnoreError();
  TrialRecord record;
  ProposalFromAttribute(text, &record);
  RetryFromAttribute(text, &record);
  EndFromAttribute(text, &record.trial);
  return 0;
}
