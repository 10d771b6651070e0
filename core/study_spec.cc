#include "core/study_spec.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/space_json.h"
#include "core/suggest.h"
#include "core/value_reader.h"

namespace sturgeon {
namespace {

absl::Status At(const std::string& source, const absl::Status& status) {
  if (status.ok() || source.empty()) return status;
  return absl::Status(status.code(), absl::StrCat(source, ": ", status.message()));
}

// Reads a plugin field, if it is there.
void ReadPlugin(ObjectReader* reader, absl::string_view field, PluginSpec* spec) {
  const Value* value = reader->Find(field);
  if (value != nullptr) reader->Note(ReadValue(*value, reader->Place(field), spec));
}

// Whether a condition that the model wrote can hold over what the study made of its parent; values
// that the parent no longer has are dropped.
bool CanHold(const Parameter& parent, Condition* condition) {
  if (condition->in.empty()) {
    return !parent.is_categorical() && condition->min.value_or(parent.low) <= parent.high &&
           condition->max.value_or(parent.high) >= parent.low;
  }
  auto& in = condition->in;
  in.erase(std::remove_if(in.begin(), in.end(),
                          [&](const Value& value) { return !parent.FromValue(value).ok(); }),
           in.end());
  return !in.empty();
}

// Whether the model can take what a study's parameter would give it.
absl::Status CheckAgainstModel(const Parameter& ours, const Parameter& models) {
  if (models.is_categorical()) {
    if (!ours.is_categorical()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the model's ", ours.name, " is categorical, not ", ParameterTypeName(ours.type)));
    }
    for (const Value& choice : ours.choices) {
      absl::Status status = models.FromValue(choice).status();
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  if (ours.is_categorical()) {
    for (const Value& choice : ours.choices) {
      if (!choice.is_number()) {
        return absl::InvalidArgumentError(
            absl::StrCat("the model's ", ours.name, " is a number, so its choices must be too"));
      }
    }
    return absl::OkStatus();
  }
  if (ours.type == ParameterType::kFloat && models.type == ParameterType::kInt) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model's ", ours.name, " is an int, not a float"));
  }
  return absl::OkStatus();
}

absl::StatusOr<SearchSpace> JoinSpaces(const SearchSpace& defaults,
                                       const std::vector<Parameter>& given) {
  // A space of the file's own mistakes first: it names the places as the file has them. Conditions
  // may reach into the model's space, so they are left to the joint space.
  {
    std::vector<Parameter> bare = given;
    for (Parameter& p : bare) p.condition.reset();
    absl::Status status = SearchSpace::Create(std::move(bare)).status();
    if (!status.ok()) return status;
  }
  if (defaults.size() == 0) return SearchSpace::Create(given);

  std::vector<Parameter> joint = defaults.parameters();
  std::vector<bool> inherits_condition(joint.size(), true);
  for (size_t i = 0; i < given.size(); ++i) {
    const auto place = [&](absl::string_view message) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameters[", i, "] (", given[i].name, "): ", message));
    };
    const std::optional<int> at = defaults.Find(given[i].name);
    if (!at.has_value()) {
      return place(absl::StrCat("the model has no such parameter: ",
                                UnknownName("parameter", given[i].name, defaults.Names())));
    }
    const Parameter& model_has = defaults[*at];
    absl::Status status = CheckAgainstModel(given[i], model_has);
    if (!status.ok()) return place(status.message());
    if (given[i].condition.has_value() && !defaults.Find(given[i].condition->parent)) {
      return place(absl::StrCat(
          "condition: ", UnknownName("parameter", given[i].condition->parent, defaults.Names())));
    }
    Parameter p = given[i];
    if (p.tier == 0) p.tier = model_has.tier;
    if (!p.default_value.has_value() && model_has.default_value.has_value() &&
        p.FromValue(*model_has.default_value).ok()) {
      p.default_value = model_has.default_value;
    }
    inherits_condition[*at] = !p.condition.has_value();
    if (!p.condition.has_value()) p.condition = model_has.condition;
    joint[*at] = std::move(p);
  }
  // Parents before children, so that what lost its parent goes too.
  std::vector<bool> gone(joint.size(), false);
  for (const int i : defaults.order()) {
    if (!inherits_condition[i] || !joint[i].condition.has_value()) continue;
    const int parent = *defaults.Find(joint[i].condition->parent);
    gone[i] = gone[parent] || !CanHold(joint[parent], &*joint[i].condition);
  }
  std::vector<Parameter> kept;
  for (size_t i = 0; i < joint.size(); ++i) {
    if (!gone[i]) kept.push_back(std::move(joint[i]));
  }
  return SearchSpace::Create(std::move(kept));
}

// The metrics, and what is wanted of them: objectives and constraints.
absl::Status ChooseMetrics(const StudySpec& spec, const ModelFactory& model, StudyConfig* config) {
  std::vector<Metric> known = model.metrics();
  std::vector<std::string> names;
  for (const Metric& metric : known) {
    names.push_back(metric.name);
    config->metric_goals.push_back(metric.goal);
  }
  config->metrics = names;
  if (std::find(names.begin(), names.end(), kTrainSeconds) == names.end()) {
    known.push_back({kTrainSeconds, Goal::kMinimize});
    names.emplace_back(kTrainSeconds);
  }
  // The metric of that name; it is measured from here on.
  const auto find = [&](const std::string& place,
                        const std::string& name) -> absl::StatusOr<Metric> {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(place, ": ", UnknownName("metric", name, names)));
    }
    auto& measured = config->metrics;
    if (std::find(measured.begin(), measured.end(), name) == measured.end()) {
      measured.push_back(name);
      config->metric_goals.push_back(known[found - names.begin()].goal);
    }
    return known[found - names.begin()];
  };
  config->objectives.clear();
  for (size_t i = 0; i < spec.objectives.size(); ++i) {
    const auto& objective = spec.objectives[i];
    const absl::StatusOr<Metric> metric =
        find(absl::StrCat("objectives[", i, "]"), objective.metric);
    if (!metric.ok()) return metric.status();
    config->objectives.push_back({objective.metric, objective.goal.value_or(metric->goal)});
  }
  if (spec.objectives.empty()) {
    config->objectives.push_back({known.front().name, known.front().goal});
  }
  for (size_t i = 0; i < spec.constraints.size(); ++i) {
    absl::Status status =
        find(absl::StrCat("constraints[", i, "]"), spec.constraints[i].metric).status();
    if (!status.ok()) return status;
  }
  config->constraints = spec.constraints;
  if (!spec.budget.cost_metric.empty()) {
    absl::Status status = find("budget: cost_metric", spec.budget.cost_metric).status();
    if (!status.ok()) return status;
  }
  for (size_t i = 0; i < spec.stopping.size(); ++i) {
    const Value* const watched = spec.stopping[i].options.Find("metric");
    if (watched == nullptr || !watched->is_string() || watched->string().empty()) continue;
    absl::Status status = find(absl::StrCat("stopping[", i, "]"), watched->string()).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The file's fixed values, and the defaults of the parameters whose tier is not tuned.
std::vector<Value::Field> FixedFields(const StudySpec& spec, const SearchSpace& space) {
  std::vector<Value::Field> fixed = spec.fixed.object();
  if (spec.tiers.empty()) return fixed;
  for (const Parameter& p : space.parameters()) {
    const bool tuned = std::find(spec.tiers.begin(), spec.tiers.end(), p.tier) != spec.tiers.end();
    if (!tuned && spec.fixed.Find(p.name) == nullptr) {
      fixed.push_back({p.name, p.ToValue(p.DefaultNumber())});
    }
  }
  return fixed;
}

}  // namespace

absl::StatusOr<std::vector<PluginSpec>> StoppingFromValue(const Value& value,
                                                          const std::string& where) {
  std::vector<PluginSpec> rules;
  if (!value.is_list()) {
    absl::Status status = ReadValue(value, where, &rules.emplace_back());
    if (!status.ok()) return status;
    return rules;
  }
  for (size_t i = 0; i < value.list().size(); ++i) {
    absl::Status status =
        ReadValue(value.list()[i], absl::StrCat(where, "[", i, "]"), &rules.emplace_back());
    if (!status.ok()) return status;
  }
  return rules;
}

absl::StatusOr<Goal> GoalFromName(const std::string& name, const std::string& where) {
  for (const Goal goal : {Goal::kMinimize, Goal::kMaximize}) {
    if (name == GoalName(goal)) return goal;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(where, ": ", UnknownName("goal", name, {"minimize", "maximize"})));
}

absl::StatusOr<StudySpec::SpecObjective> ObjectiveFromValue(const Value& value,
                                                            const std::string& where) {
  StudySpec::SpecObjective objective;
  ObjectReader reader(value, where);
  objective.metric = reader.Required<std::string>("metric");
  const auto goal = reader.Optional<std::string>("goal", "");
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  if (goal.empty()) return objective;
  const absl::StatusOr<Goal> known = GoalFromName(goal, reader.Place("goal"));
  if (!known.ok()) return known.status();
  objective.goal = *known;
  return objective;
}

Value ToValue(const Objective& objective) {
  return Value::Object{{"metric", objective.metric},
                       {"goal", std::string(GoalName(objective.goal))}};
}

Value ToValue(const MetricConstraint& constraint) {
  return Value::Object{{"metric", constraint.metric},
                       {constraint.at_least ? "at_least" : "at_most", constraint.bound}};
}

absl::StatusOr<MetricConstraint> ConstraintFromValue(const Value& value, const std::string& where) {
  MetricConstraint constraint;
  ObjectReader reader(value, where);
  constraint.metric = reader.Required<std::string>("metric");
  const bool at_most = reader.Find("at_most") != nullptr;
  constraint.at_least = reader.Find("at_least") != nullptr;
  constraint.bound = reader.Optional<double>(constraint.at_least ? "at_least" : "at_most", 0);
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  if (at_most == constraint.at_least) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": give \"at_most\" or \"at_least\", a number",
                     at_most ? "; for both bounds two constraints" : ""));
  }
  return constraint;
}

absl::StatusOr<Budget> BudgetFromValue(const Value& value, const std::string& where) {
  Budget budget;
  ObjectReader reader(value, where);
  budget.steps = reader.Optional<int64_t>("steps", 0);
  budget.seconds = reader.Optional<double>("seconds", 0);
  budget.cost = reader.Optional<double>("cost", 0);
  budget.cost_metric = reader.Optional<std::string>("cost_metric", "");
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  return budget;
}

absl::StatusOr<absl::Duration> ParseTimeLimit(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is no time limit; write a number with a unit, such as 90s, 10m or 1h30m"));
  }
  return duration;
}

absl::StatusOr<StudySpec> StudySpecFromValue(const Value& value, const std::string& source) {
  StudySpec spec;
  ObjectReader reader(value, source);
  spec.name = reader.Optional<std::string>("name", spec.name);
  if (const Value* model = reader.Find("model")) {
    reader.Note(ReadValue(*model, reader.Place("model"), &spec.model));
  } else {
    reader.Required<std::string>("model");
  }
  reader.ForEach("objectives", [&](const Value& entry, const std::string& where) {
    auto objective = ObjectiveFromValue(entry, where);
    if (objective.ok()) spec.objectives.push_back(*std::move(objective));
    return objective.status();
  });
  reader.ForEach("constraints", [&](const Value& entry, const std::string& where) {
    auto constraint = ConstraintFromValue(entry, where);
    if (constraint.ok()) spec.constraints.push_back(*std::move(constraint));
    return constraint.status();
  });
  if (const Value* list = reader.Find("parameters")) {
    auto parameters = ParametersFromValue(*list, reader.Place("parameters"));
    reader.Note(parameters.status());
    if (parameters.ok()) spec.parameters = *std::move(parameters);
  }
  if (const Value* fixed = reader.Find("fixed")) {
    if (fixed->is_object()) {
      spec.fixed = *fixed;
    } else {
      reader.Note(absl::InvalidArgumentError(absl::StrCat(
          reader.Place("fixed"), ": expected an object, got ", KindName(fixed->kind()))));
    }
  }
  reader.ForEach("tiers", [&](const Value& entry, const std::string& where) {
    return ReadValue(entry, where, &spec.tiers.emplace_back());
  });
  reader.ForEach("enqueue", [&](const Value& entry, const std::string&) {
    spec.enqueue.push_back(entry);
    return absl::OkStatus();
  });
  reader.ForEach("warm_start", [&](const Value& entry, const std::string& where) {
    return ReadValue(entry, where, &spec.warm_start.emplace_back());
  });
  spec.allow_duplicates = reader.Optional<bool>("allow_duplicates", spec.allow_duplicates);
  ReadPlugin(&reader, "strategy", &spec.strategy);
  if (const Value* stopping = reader.Find("stopping")) {
    auto rules = StoppingFromValue(*stopping, reader.Place("stopping"));
    reader.Note(rules.status());
    if (rules.ok()) spec.stopping = *std::move(rules);
  }
  ReadPlugin(&reader, "runner", &spec.runner);
  spec.trials = reader.Optional<int64_t>("trials", 0);
  if (const Value* limit = reader.Find("time_limit")) {
    std::string text;
    absl::Status status = ReadValue(*limit, reader.Place("time_limit"), &text);
    reader.Note(status);
    if (status.ok()) {
      absl::StatusOr<absl::Duration> duration = ParseTimeLimit(text);
      reader.Note(At(reader.Place("time_limit"), duration.status()));
      if (duration.ok()) spec.time_limit = *duration;
    }
  }
  if (const Value* given = reader.Find("budget")) {
    absl::StatusOr<Budget> budget = BudgetFromValue(*given, reader.Place("budget"));
    reader.Note(budget.status());
    if (budget.ok()) spec.budget = *std::move(budget);
  }
  const auto seed = reader.Optional<int64_t>("seed", 0);
  spec.test_best = reader.Optional<bool>("test_best", false);
  absl::Status status = reader.Finish();
  if (!status.ok()) return status;
  if (spec.trials < 0 || (spec.trials == 0 && reader.Find("trials") != nullptr)) {
    return absl::InvalidArgumentError(
        absl::StrCat(reader.Place("trials"), ": ", spec.trials, " is out of range; at least 1"));
  }
  if (seed < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(reader.Place("seed"), ": ", seed, " is out of range; at least 0"));
  }
  spec.seed = static_cast<uint64_t>(seed);
  for (const int tier : spec.tiers) {
    if (tier < kFirstTier || tier > kLastTier) {
      return absl::InvalidArgumentError(absl::StrCat(reader.Place("tiers"), ": ", tier,
                                                     " is no tier; they are ", kFirstTier, " to ",
                                                     kLastTier));
    }
  }
  return spec;
}

Value ToValue(const StudySpec& spec) {
  // What is as it would be without the field is left out.
  Value value = Value::Object();
  value.Set("name", spec.name);
  value.Set("model", ToValue(spec.model));
  Value::List list;
  const auto set_list = [&](const char* field) {
    if (!list.empty()) value.Set(field, std::exchange(list, {}));
  };
  for (const StudySpec::SpecObjective& objective : spec.objectives) {
    Value::Object entry = {{"metric", objective.metric}};
    if (objective.goal.has_value())
      entry.push_back({"goal", std::string(GoalName(*objective.goal))});
    list.emplace_back(std::move(entry));
  }
  set_list("objectives");
  for (const MetricConstraint& constraint : spec.constraints) list.push_back(ToValue(constraint));
  set_list("constraints");
  for (Parameter parameter : spec.parameters) {
    // A tier that is not said is the model's, which may be another than the first.
    const int tier = std::exchange(parameter.tier, kFirstTier);
    list.push_back(ToValue(parameter));
    if (tier != 0) list.back().Set("tier", tier);
  }
  set_list("parameters");
  if (!spec.fixed.object().empty()) value.Set("fixed", spec.fixed);
  list.assign(spec.tiers.begin(), spec.tiers.end());
  set_list("tiers");
  list = spec.enqueue;
  set_list("enqueue");
  list.assign(spec.warm_start.begin(), spec.warm_start.end());
  set_list("warm_start");
  if (spec.allow_duplicates) value.Set("allow_duplicates", true);
  value.Set("strategy", ToValue(spec.strategy));
  for (const PluginSpec& rule : spec.stopping) list.push_back(ToValue(rule));
  set_list("stopping");
  value.Set("runner", ToValue(spec.runner));
  if (spec.trials > 0) value.Set("trials", spec.trials);
  if (spec.time_limit != absl::InfiniteDuration()) {
    value.Set("time_limit", absl::FormatDuration(spec.time_limit));
  }
  Value budget = Value::Object();
  if (spec.budget.steps > 0) budget.Set("steps", spec.budget.steps);
  if (spec.budget.seconds > 0) budget.Set("seconds", spec.budget.seconds);
  if (spec.budget.cost > 0) budget.Set("cost", spec.budget.cost);
  if (!spec.budget.cost_metric.empty()) budget.Set("cost_metric", spec.budget.cost_metric);
  if (!budget.object().empty()) value.Set("budget", std::move(budget));
  value.Set("seed", static_cast<int64_t>(spec.seed));
  if (spec.test_best) value.Set("test_best", true);
  return value;
}

absl::StatusOr<PreparedStudy> Prepare(const StudySpec& spec, const ModelRegistry& models,
                                      const std::string& source) {
  PreparedStudy prepared;
  auto model = models.Create(spec.model, {spec.seed});
  if (!model.ok()) return At(source, model.status());
  prepared.model = *std::move(model);

  StudyConfig& config = prepared.config;
  config.name = spec.name;
  config.max_steps = prepared.model->max_steps();
  config.unit = prepared.model->unit();
  config.trials = spec.trials;
  config.budget = spec.budget;
  config.seed = spec.seed;
  config.allow_duplicates = spec.allow_duplicates;
  config.stopping = spec.stopping;
  absl::Status status = ChooseMetrics(spec, *prepared.model, &config);
  if (!status.ok()) return At(source, status);

  absl::StatusOr<SearchSpace> joint = JoinSpaces(prepared.model->default_space(), spec.parameters);
  if (!joint.ok()) return At(source, joint.status());
  status = prepared.model->CheckParameters(*joint);
  if (!status.ok()) return At(source, At(absl::StrCat("model ", spec.model.name), status));
  const std::vector<Value::Field> fixed = FixedFields(spec, *joint);
  absl::StatusOr<SearchSpace::Fixed> split = joint->Fix(fixed);
  if (!split.ok()) return At(source, At("fixed", split.status()));
  if (split->space.size() == 0) {
    return At(source, absl::InvalidArgumentError(
                          joint->size() == 0
                              ? "there is nothing to tune; give \"parameters\""
                              : "there is nothing left to tune: every parameter is fixed or of a "
                                "tier that is not tuned"));
  }
  config.space = std::move(split->space);
  for (std::string& name : prepared.model->settable()) {
    if (config.space.Find(name).has_value()) config.settable.push_back(std::move(name));
  }
  prepared.fixed = std::move(split->values);
  return prepared;
}

}  // namespace sturgeon
