// Trains a model for whoever asks, as JSON lines:
//
//   model_server '{"name": "mlp", "epochs": 8, "train_limit": 6000}'
//   -> {"params": {"learning_rate": 0.01, …}, "steps": 3}
//   <- {"validation_error": 0.17, …}        the metrics after so many steps, null where not finite
//   <- {"error": "…"}
//
// The data is loaded once. Every training has the seed 1: the answer is a function of the line.
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/json.h"
#include "core/model.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/stop_token.h"
#include "core/value.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

absl::StatusOr<Value> Train(const ModelFactory& factory, const std::string& line) {
  absl::StatusOr<Value> request = ParseJson(line, "");
  if (!request.ok()) return request.status();
  ObjectReader reader(*request, "request");
  const Value* const params = reader.Find("params");
  const auto steps = reader.Optional<int64_t>("steps", factory.max_steps());
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  if (steps < 1 || steps > factory.max_steps()) {
    return absl::InvalidArgumentError("request: steps: out of range");
  }
  auto model = factory.Create(params == nullptr ? Value(Value::Object()) : *params, {1, false, ""});
  if (!model.ok()) return model.status();
  const auto metrics = (*model)->Train(steps, StopToken());
  if (!metrics.ok()) return metrics.status();
  Value::Object answer;
  for (size_t i = 0; i < metrics->size(); ++i) {
    answer.push_back({factory.metrics()[i].name, Value((*metrics)[i])});
  }
  return Value(std::move(answer));
}

int Main(int argc, char** argv) {
  const auto fail = [](const absl::Status& status) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 2;
  };
  const absl::StatusOr<Value> model = ParseJson(argc == 2 ? argv[1] : "", "MODEL");
  if (!model.ok()) return fail(model.status());
  PluginSpec spec;
  absl::Status status = ReadValue(*model, "MODEL", &spec);
  if (!status.ok()) return fail(status);
  const absl::StatusOr<Plugins> plugins = Plugins::FromLinked();
  if (!plugins.ok()) return fail(plugins.status());
  const auto factory = plugins->models.Create(spec, ModelContext{1});
  if (!factory.ok()) return fail(factory.status());
  for (std::string line; std::getline(std::cin, line);) {
    absl::StatusOr<Value> answer = Train(**factory, line);
    if (!answer.ok()) {
      answer = Value(Value::Object{{"error", std::string(answer.status().message())}});
    }
    std::cout << WriteJson(*answer) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace sturgeon

int main(int argc, char** argv) { return sturgeon::Main(argc, argv); }
