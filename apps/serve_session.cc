#include "apps/serve_session.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/earlier_study.h"
#include "core/json.h"
#include "core/option_schema.h"
#include "core/result.h"
#include "core/space_json.h"
#include "core/strategy.h"
#include "core/study_spec.h"
#include "core/suggest.h"
#include "core/trial.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

// More trials than this at once would be a slip, and their answer one huge line.
constexpr int kMostTrialsAtOnce = 10000;

Value Ok() { return Value::Object{{"ok", true}}; }

absl::Status NotAList(const std::string& where, const Value& value, absl::string_view of) {
  return absl::InvalidArgumentError(
      absl::StrCat(where, ": expected a list of ", of, ", got ", KindName(value.kind())));
}

absl::Status ReadNames(const Value& list, const std::string& place,
                       std::vector<std::string>* names) {
  if (!list.is_list()) return NotAList(place, list, "names");
  for (size_t i = 0; i < list.list().size(); ++i) {
    absl::Status status =
        ReadValue(list.list()[i], absl::StrCat(place, "[", i, "]"), &names->emplace_back());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// "directions": one name an objective. The metrics are called value_0, value_1, …
absl::Status ReadDirections(const Value& list, const std::string& place,
                            std::vector<Objective>* objectives) {
  std::vector<std::string> names;
  absl::Status status = ReadNames(list, place, &names);
  if (!status.ok()) return status;
  for (size_t i = 0; i < names.size(); ++i) {
    const absl::StatusOr<Goal> goal = GoalFromName(names[i], absl::StrCat(place, "[", i, "]"));
    if (!goal.ok()) return goal.status();
    objectives->push_back({absl::StrCat("value_", i), *goal});
  }
  return absl::OkStatus();
}

// "objectives": [{"metric": …, "goal": …}], as in a study file.
absl::Status ReadObjectives(const Value& list, const std::string& place,
                            std::vector<Objective>* objectives) {
  if (!list.is_list()) return NotAList(place, list, "objectives");
  for (size_t i = 0; i < list.list().size(); ++i) {
    const std::string where = absl::StrCat(place, "[", i, "]");
    ObjectReader reader(list.list()[i], where);
    Objective objective;
    objective.metric = reader.Required<std::string>("metric");
    const auto goal_name = reader.Optional<std::string>("goal", "minimize");
    absl::Status status = reader.Finish();
    if (!status.ok()) return status;
    const absl::StatusOr<Goal> goal = GoalFromName(goal_name, reader.Place("goal"));
    if (!goal.ok()) return goal.status();
    objective.goal = *goal;
    objectives->push_back(std::move(objective));
  }
  return absl::OkStatus();
}

// A number; null stands for what JSON has no number for (NaN, an infinity), and becomes NaN.
absl::Status ReadNumber(const Value& value, absl::string_view where, double* out) {
  *out = std::numeric_limits<double>::quiet_NaN();
  return value.is_null() ? absl::OkStatus() : ReadValue(value, where, out);
}

template <typename Numbers>
absl::Status ReadNumbers(const Value& list, const std::string& where, Numbers* out) {
  if (!list.is_list()) return NotAList(where, list, "numbers");
  out->resize(list.list().size());
  for (size_t i = 0; i < list.list().size(); ++i) {
    absl::Status status = ReadNumber(list.list()[i], absl::StrCat(where, "[", i, "]"), &(*out)[i]);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The field "value" or "values" of an object. Both are fields that ObjectReader then knows.
absl::Status ReadValues(const Value& object, ObjectReader* reader, Values* out) {
  reader->Find("value");
  reader->Find("values");
  // Found again past the reader, to which a null is an absent field.
  const Value* const one = object.Find("value");
  const Value* const many = object.Find("values");
  if (one != nullptr && many != nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(reader->where(), ": give \"value\" or \"values\", not both"));
  }
  if (one != nullptr) {
    out->resize(1);
    return ReadNumber(*one, reader->Place("value"), &out->front());
  }
  if (many != nullptr) return ReadNumbers(*many, reader->Place("values"), out);
  return absl::OkStatus();
}

struct Result {
  int64_t id = 0;
  Outcome outcome;
};

absl::StatusOr<Result> ResultFromValue(const Value& value, const std::string& where) {
  Result result;
  Outcome& outcome = result.outcome;
  ObjectReader reader(value, where);
  result.id = reader.Required<int64_t>("id");
  const auto state = reader.Optional<std::string>("state", "complete");
  const auto failure = reader.Optional<std::string>("failure", "");
  outcome.reason = reader.Optional<std::string>("reason", "");
  reader.Note(ReadValues(value, &reader, &outcome.values));
  if (const Value* constraints = reader.Find("constraints")) {
    reader.Note(ReadNumbers(*constraints, reader.Place("constraints"), &outcome.constraints));
  }
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;

  const std::optional<TrialState> known = TrialStateFromName(state);
  if (!known.has_value() || *known == TrialState::kRunning || *known == TrialState::kWaiting) {
    return absl::InvalidArgumentError(
        absl::StrCat(reader.Place("state"), ": ",
                     UnknownName("state", state, {"complete", "stopped", "failed"})));
  }
  outcome.state = *known;
  if (outcome.state == TrialState::kFailed) {
    outcome.failure = FailureKind::kError;
    if (outcome.reason.empty()) outcome.reason = "reported as failed";
  }
  if (!failure.empty()) {
    const std::optional<FailureKind> kind = FailureKindFromName(failure);
    if (outcome.state != TrialState::kFailed) {
      return absl::InvalidArgumentError(
          absl::StrCat(reader.Place("failure"), ": goes with \"state\": \"failed\""));
    }
    if (!kind.has_value()) {
      std::vector<std::string> names;
      for (int k = 1; !FailureKindName(static_cast<FailureKind>(k)).empty(); ++k) {
        names.emplace_back(FailureKindName(static_cast<FailureKind>(k)));
      }
      return absl::InvalidArgumentError(
          absl::StrCat(reader.Place("failure"), ": ", UnknownName("failure", failure, names)));
    }
    outcome.failure = *kind;
  }
  if (outcome.state == TrialState::kComplete && outcome.values.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": give \"value\", or \"values\", or {\"id\": ", result.id,
                     ", \"state\": \"failed\"}"));
  }
  return result;
}

absl::string_view DecisionName(Decision decision) {
  switch (decision) {
    case Decision::kContinue:
      return "continue";
    case Decision::kStop:
      return "stop";
    case Decision::kPause:
      return "pause";
  }
  return "stop";
}

absl::Status Prefixed(absl::string_view where, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

}  // namespace

std::optional<std::string> ServeSession::Answer(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (line.empty()) return std::nullopt;
  if (first_) {
    first_ = false;
    const absl::StatusOr<Value> message = ParseJson(line, "");
    setup_ = message.ok() ? SetUp(*message) : Prefixed("setup", message.status());
    return std::nullopt;
  }
  absl::StatusOr<Value> answer = Handle(line);
  if (!answer.ok())
    answer = Value(Value::Object{{"error", std::string(answer.status().message())}});
  return WriteJson(*answer);
}

absl::StatusOr<Value> ServeSession::Handle(absl::string_view line) {
  const absl::StatusOr<Value> message = ParseJson(line, "");
  if (!message.ok()) return message.status();
  if (message->Find("space") != nullptr) {
    if (study_ != nullptr) {
      return absl::FailedPreconditionError(
          "the session is set up already; another study needs another process");
    }
    setup_ = SetUp(*message);
    if (!setup_.ok()) return setup_;
    return Ok();
  }
  if (study_ == nullptr) return setup_;
  if (!message->is_object() || message->object().size() != 1) {
    return absl::InvalidArgumentError(
        "a request is an object with one field: ask, tell, report, enqueue or best");
  }
  const Value::Field& request = message->object().front();
  if (request.name == "ask") return Ask(request.value);
  if (request.name == "tell") return Tell(request.value);
  if (request.name == "report") return Report(request.value);
  if (request.name == "enqueue") return Enqueue(request.value);
  if (request.name == "best") return Best();
  return absl::InvalidArgumentError(
      UnknownName("request", request.name, {"ask", "tell", "report", "enqueue", "best"}));
}

absl::Status ServeSession::SetUp(const Value& message) {
  StudyConfig config;
  PluginSpec strategy = {"auto"};
  std::vector<Objective> objectives;
  ObjectReader reader(message, "setup");
  if (const Value* space = reader.Find("space")) {
    absl::StatusOr<SearchSpace> read = SpaceFromValue(*space, reader.Place("space"));
    reader.Note(read.status());
    if (read.ok()) config.space = *std::move(read);
  } else {
    reader.Note(absl::InvalidArgumentError("setup: \"space\", the list of parameters, is missing"));
  }
  const auto direction = reader.Optional<std::string>("direction", "minimize");
  const Value* const directions = reader.Find("directions");
  const Value* const named = reader.Find("objectives");
  if ((message.Find("direction") != nullptr) + (directions != nullptr) + (named != nullptr) > 1) {
    reader.Note(absl::InvalidArgumentError(
        "setup: give one of \"direction\", \"directions\" and \"objectives\""));
  }
  if (directions != nullptr) {
    reader.Note(ReadDirections(*directions, reader.Place("directions"), &objectives));
  } else if (named != nullptr) {
    reader.Note(ReadObjectives(*named, reader.Place("objectives"), &objectives));
  } else {
    const absl::StatusOr<Goal> goal = GoalFromName(direction, reader.Place("direction"));
    reader.Note(goal.status());
    if (goal.ok()) objectives = {{"value", *goal}};
  }
  if (const Value* given = reader.Find("strategy")) {
    reader.Note(ReadValue(*given, reader.Place("strategy"), &strategy));
  }
  if (const Value* given = reader.Find("stopping")) {
    auto rules = StoppingFromValue(*given, reader.Place("stopping"));
    reader.Note(rules.status());
    if (rules.ok()) config.stopping = *std::move(rules);
  }
  const auto seed = reader.Optional<int64_t>("seed", 0);
  if (const Value* budget = reader.Find("budget")) {
    if (budget->is_object()) {
      absl::StatusOr<Budget> read = BudgetFromValue(*budget, reader.Place("budget"));
      reader.Note(read.status());
      if (read.ok()) config.budget = *std::move(read);
    } else {
      reader.Note(ReadValue(*budget, reader.Place("budget"), &config.trials));
    }
  }
  config.max_steps = reader.Optional<int64_t>("max_steps", 0);
  if (const Value* settable = reader.Find("settable")) {
    reader.Note(ReadNames(*settable, reader.Place("settable"), &config.settable));
  }
  config.allow_duplicates = reader.Optional<bool>("allow_duplicates", false);
  std::vector<std::string> warm_start;
  if (const Value* files = reader.Find("warm_start")) {
    reader.Note(ReadNames(*files, reader.Place("warm_start"), &warm_start));
  }
  config.parallelism = reader.Optional<int>("parallelism", 1);
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  for (const auto& [field, value, least] :
       {std::tuple<const char*, int64_t, int64_t>{"seed", seed, 0},
        {"budget", config.trials, 0},
        {"max_steps", config.max_steps, 0},
        {"parallelism", config.parallelism, 1}}) {
    if (value < least) {
      return absl::InvalidArgumentError(
          absl::StrCat(reader.Place(field), ": ", value, " is out of range; at least ", least));
    }
  }
  if (config.space.size() == 0) {
    return absl::InvalidArgumentError("setup: space: there is nothing to tune");
  }
  config.seed = static_cast<uint64_t>(seed);
  config.objectives = std::move(objectives);
  absl::StatusOr<std::vector<EarlierStudy>> earlier = ReadEarlierStudies(warm_start, config);
  if (!earlier.ok()) return Prefixed(reader.Place("warm_start"), earlier.status());
  config.warm_start = *std::move(earlier);
  absl::StatusOr<std::unique_ptr<Study>> study =
      Study::Create(std::move(config), strategy, plugins_);
  if (!study.ok()) return Prefixed("setup", study.status());
  study_ = *std::move(study);
  return absl::OkStatus();
}

absl::StatusOr<Value> ServeSession::Ask(const Value& count) {
  int n = 0;
  absl::Status status = ReadValue(count, "ask", &n);
  if (!status.ok()) return status;
  if (n < 1 || n > kMostTrialsAtOnce) {
    return absl::InvalidArgumentError(
        absl::StrCat("ask: ", n, " is out of range; between 1 and ", kMostTrialsAtOnce));
  }
  const absl::StatusOr<std::vector<Suggestion>> suggestions = study_->Ask(n);
  if (!suggestions.ok()) return suggestions.status();
  Value::List trials;
  trials.reserve(suggestions->size());
  for (const Suggestion& suggestion : *suggestions) {
    Value::Object trial = {{"id", suggestion.id},
                           {"params", PointToValue(study_->space(), suggestion.point)}};
    if (suggestion.budget.has_value()) trial.push_back({"budget", *suggestion.budget});
    if (suggestion.resume_from.has_value()) {
      trial.push_back({"resume_from", *suggestion.resume_from});
    }
    trials.emplace_back(std::move(trial));
  }
  return Value(Value::Object{{"trials", std::move(trials)}});
}

absl::StatusOr<Value> ServeSession::Tell(const Value& list) {
  if (!list.is_list()) return NotAList("tell", list, "results");
  std::vector<Result> results;
  results.reserve(list.list().size());
  for (size_t i = 0; i < list.list().size(); ++i) {
    absl::StatusOr<Result> result = ResultFromValue(list.list()[i], absl::StrCat("tell[", i, "]"));
    if (!result.ok()) return result.status();
    results.push_back(*std::move(result));
  }
  for (size_t i = 0; i < results.size(); ++i) {
    absl::Status status = study_->Tell(results[i].id, std::move(results[i].outcome));
    if (status.ok()) continue;
    return Prefixed(absl::StrCat("tell[", i, "]"),
                    i == 0 ? status
                           : absl::Status(status.code(),
                                          absl::StrCat(status.message(),
                                                       " (the results before it are recorded)")));
  }
  return Ok();
}

absl::StatusOr<Value> ServeSession::Report(const Value& report) {
  ObjectReader reader(report, "report");
  const auto id = reader.Required<int64_t>("id");
  const auto step = reader.Required<int64_t>("step");
  Values values;
  reader.Note(ReadValues(report, &reader, &values));
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  const absl::StatusOr<Decision> decision = study_->Report(id, step, values);
  if (!decision.ok()) return Prefixed("report", decision.status());
  return Value(Value::Object{{"decision", std::string(DecisionName(*decision))}});
}

absl::StatusOr<Value> ServeSession::Enqueue(const Value& assignments) {
  if (!assignments.is_list()) return NotAList("enqueue", assignments, "assignments");
  // All of them or none: they are read before the first is put in.
  std::vector<Point> points;
  for (size_t i = 0; i < assignments.list().size(); ++i) {
    absl::StatusOr<Point> point =
        PointFromValue(study_->space(), assignments.list()[i], absl::StrCat("enqueue[", i, "]"));
    if (!point.ok()) return point.status();
    points.push_back(*std::move(point));
  }
  for (Point& point : points) {
    absl::Status status = study_->Enqueue(std::move(point));
    if (!status.ok()) return Prefixed("enqueue", status);
  }
  return Ok();
}

absl::StatusOr<Value> ServeSession::Best() {
  if (study_->config().objectives.size() == 1) {
    const std::optional<Trial> best = study_->Best();
    return Value(Value::Object{
        {"best", best.has_value() ? TrialToValue(study_->config(), *best) : Value()}});
  }
  Value::List front;
  for (const Trial& trial : study_->ParetoFront()) {
    front.push_back(TrialToValue(study_->config(), trial));
  }
  return Value(Value::Object{{"pareto", std::move(front)}});
}

}  // namespace sturgeon
