#include "core/model.h"

#include <utility>

namespace sturgeon {

template <>
const LinkedModel* LinkedModel::head_ = nullptr;

namespace {

class FunctionModel : public Model {
 public:
  FunctionModel(const ObjectiveFunction& function, Value assignment)
      : function_(function), assignment_(std::move(assignment)) {}

  absl::StatusOr<std::vector<double>> Train(int64_t, const StopToken&) override {
    return function_(assignment_);
  }

 private:
  const ObjectiveFunction& function_;
  const Value assignment_;
};

class FunctionModelFactory : public ModelFactory {
 public:
  FunctionModelFactory(std::vector<Metric> metrics, ObjectiveFunction function)
      : metrics_(std::move(metrics)), function_(std::move(function)) {}

  const SearchSpace& default_space() const override { return space_; }
  const std::vector<Metric>& metrics() const override { return metrics_; }
  absl::StatusOr<std::unique_ptr<Model>> Create(const Value& assignment,
                                                const ModelOptions&) const override {
    return std::unique_ptr<Model>(std::make_unique<FunctionModel>(function_, assignment));
  }

 private:
  const SearchSpace space_;
  const std::vector<Metric> metrics_;
  const ObjectiveFunction function_;
};

}  // namespace

std::unique_ptr<ModelFactory> MakeFunctionModel(std::vector<Metric> metrics,
                                                ObjectiveFunction function) {
  return std::make_unique<FunctionModelFactory>(std::move(metrics), std::move(function));
}

}  // namespace sturgeon
