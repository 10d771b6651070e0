#include "strategies/tpe/earlier.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

namespace sturgeon::tpe {
namespace {

constexpr int kMostBest = 10;
constexpr size_t kMostItems = 48;
constexpr double kTrust = 10;

}  // namespace

Earlier::Earlier(const EarlierStudy& earlier, const StudyConfig& study, absl::Span<const Axis> axes)
    : split_(static_cast<int>(study.objectives.size()), Split::Limits()) {
  int64_t id = 0;
  for (const EarlierTrial& trial : earlier.trials) {
    auto record = std::make_shared<Record>();
    record->id = id++;
    record->kind = trial.feasible ? Record::kComplete : Record::kInfeasible;
    for (size_t m = 0; m < trial.values.size(); ++m) {
      record->losses.push_back(study.objectives[m].Loss(trial.values[m]));
    }
    record->row = RowOf(axes, trial.point);
    split_.Add(std::move(record));
  }
  const auto tenth = static_cast<int>(std::min<int64_t>((split_.size() + 9) / 10, kMostBest));
  std::vector<Split::Weighted> others;
  split_.Divide(tenth, &best_, &others);

  std::vector<Kernel> good, rest;
  for (const Record* record : best_) good.push_back({&record->row, 1});
  for (const Split::Weighted& other : others) rest.push_back({&other.record->row, other.weight});
  std::vector<int> columns(axes.size());
  std::iota(columns.begin(), columns.end(), 0);
  ratio_ = std::make_unique<DensityRatio>(axes, std::move(columns), /*decided=*/0);
  ratio_->Fit(good, rest, RatioOptions(), std::vector<double>(axes.size()));
}

double Earlier::Score(absl::Span<const double> row) const { return ratio_->Score(row); }

void Evidence::Add(std::shared_ptr<const Record> record, absl::Span<const Earlier> earlier) {
  if (record->failed() || earlier.empty()) return;
  const uint64_t hash = HashOfId(record->id);
  const auto place = std::upper_bound(
      items_.begin(), items_.end(), hash,
      [](uint64_t one, const Item& item) { return one < HashOfId(item.record->id); });
  if (place == items_.end() && items_.size() == kMostItems) return;
  Item item;
  for (const Earlier& one : earlier) item.scores.push_back(one.Score(record->row));
  item.record = std::move(record);
  items_.insert(place, std::move(item));
  if (items_.size() > kMostItems) items_.pop_back();
}

double Evidence::Agreement(int k) const {
  double right = kTrust, wrong = 0;
  for (const Item& a : items_) {
    for (const Item& b : items_) {
      if (!Beats(*a.record, *b.record)) continue;
      right += a.scores[k] > b.scores[k] ? 1 : 0;
      wrong += a.scores[k] < b.scores[k] ? 1 : 0;
    }
  }
  return std::max(0.0, (right - wrong) / (right + wrong));
}

}  // namespace sturgeon::tpe
