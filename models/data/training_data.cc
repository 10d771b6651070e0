#include "models/data/training_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/random.h"
#include "core/suggest.h"
#include "models/data/csv.h"
#include "models/data/fashion_mnist.h"

namespace sturgeon {
namespace {

constexpr uint32_t kSplitStream = kFirstPluginStream;

}  // namespace

absl::StatusOr<Dataset> LoadDataset(absl::string_view name) {
  if (name == "fashion_mnist") return LoadFashionMnist();
  if (absl::ConsumePrefix(&name, "csv:")) return LoadCsv(std::string(name));
  return absl::InvalidArgumentError(UnknownName("dataset", name, {"csv:PATH", "fashion_mnist"}));
}

absl::StatusOr<TrainingData> SplitDataset(Dataset dataset, double validation_fraction,
                                          int64_t train_limit, uint64_t seed) {
  const int64_t n = dataset.train.size();
  const auto held =
      static_cast<int64_t>(std::llround(validation_fraction * static_cast<double>(n)));
  if (!(validation_fraction > 0 && validation_fraction < 1) || held < 1 || held >= n) {
    return absl::InvalidArgumentError(
        absl::StrCat("validation_fraction ", validation_fraction, " of ", n,
                     " examples leaves nothing to train on or nothing to validate on"));
  }
  TrainingData data;
  data.dataset = std::move(dataset);
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  RandomStream(seed, 0, kSplitStream).Shuffle(absl::MakeSpan(order));
  const int64_t learned = train_limit > 0 ? std::min(train_limit, n - held) : n - held;
  data.validation.assign(order.begin(), order.begin() + held);
  data.train.assign(order.begin() + held, order.begin() + held + learned);
  data.train_and_validation.assign(order.begin(), order.begin() + held + learned);
  for (auto* rows : {&data.validation, &data.train, &data.train_and_validation}) {
    std::sort(rows->begin(), rows->end());
  }
  data.test.resize(data.dataset.test.size());
  std::iota(data.test.begin(), data.test.end(), 0);
  Standardise(data.train, &data.dataset);
  return data;
}

}  // namespace sturgeon
