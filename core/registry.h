// Registries: ordinary values that map names to plugins.
//
// A kind of plugin (sampler, strategy, model, runner) is described by a traits struct:
//
//   struct StrategyKind {
//     using Interface = Strategy;
//     using Context = StrategyContext;              // what Create gets beside the options
//     static constexpr char kName[] = "strategy";   // for error messages
//   };
//
// A plugin class has `OptionSchema()` (a Schema<Options>) and
// `Create(Options, const Context&) -> absl::StatusOr<std::unique_ptr<Interface>>`. From it,
// MakePlugin makes a constant; a constant gets into a registry in one of two ways:
//
//   inline constexpr StrategyPlugin kTpe = MakePlugin<StrategyKind, TpeStrategy>("tpe", "…");
//   const Linked<StrategyKind> linked(kTpe);            // register.cc, in an alwayslink library
//   auto registry = Registry<StrategyKind>::FromLinked();   // main: everything that was linked in
//
//   Registry<StrategyKind> mine;                        // tests, embedders: no static objects at
//   all mine.Add(kTpe);
#ifndef STURGEON_CORE_REGISTRY_H_
#define STURGEON_CORE_REGISTRY_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/option_schema.h"
#include "core/suggest.h"
#include "core/value.h"

namespace sturgeon {

template <typename Kind>
struct Plugin {
  using Pointer = std::unique_ptr<typename Kind::Interface>;

  const char* name;
  const char* summary;  // one line, for lists
  const std::vector<OptionInfo>& (*options)();
  absl::StatusOr<Pointer> (*create)(const Value& options, absl::string_view where,
                                    const typename Kind::Context& context);
};

template <typename Kind, typename Implementation>
constexpr Plugin<Kind> MakePlugin(const char* name, const char* summary) {
  return {
      name, summary,
      []() -> const std::vector<OptionInfo>& { return Implementation::OptionSchema().info(); },
      [](const Value& options, absl::string_view where,
         const typename Kind::Context& context) -> absl::StatusOr<typename Plugin<Kind>::Pointer> {
        auto parsed = Implementation::OptionSchema().Parse(options, where);
        if (!parsed.ok()) return parsed.status();
        auto made = Implementation::Create(*std::move(parsed), context);
        if (!made.ok()) {
          return absl::Status(made.status().code(),
                              absl::StrCat(where, ": ", made.status().message()));
        }
        return typename Plugin<Kind>::Pointer(*std::move(made));
      }};
}

// A node of the list of linked plugins of a kind; a namespace-scope constant of a register.cc.
// The list's head is constant-initialised, so the order of static initialisers does not matter.
template <typename Kind>
class Linked {
 public:
  explicit Linked(const Plugin<Kind>& plugin) : plugin_(plugin), next_(head_) { head_ = this; }
  Linked(const Linked&) = delete;
  Linked& operator=(const Linked&) = delete;

  static const Linked* head() { return head_; }
  const Plugin<Kind>& plugin() const { return plugin_; }
  const Linked* next() const { return next_; }

 private:
  // Defined in the kind's own .cc: an inline definition would split in two across shared libraries.
  static const Linked* head_;

  const Plugin<Kind>& plugin_;
  const Linked* next_;
};

template <typename Kind>
class Registry {
 public:
  // Every plugin of the kind that is linked into this program. AlreadyExists: a name twice.
  static absl::StatusOr<Registry> FromLinked() {
    Registry registry;
    for (const auto* node = Linked<Kind>::head(); node != nullptr; node = node->next()) {
      absl::Status status = registry.Add(node->plugin());
      if (!status.ok()) return status;
    }
    return registry;
  }

  // `plugin` must outlive the registry (plugins are constants).
  absl::Status Add(const Plugin<Kind>& plugin) {
    if (!plugins_.emplace(plugin.name, &plugin).second) {
      return absl::AlreadyExistsError(absl::StrCat("two plugins call themselves ", Kind::kName,
                                                   " \"", plugin.name, "\"; rename one of them"));
    }
    return absl::OkStatus();
  }

  // NotFound: names the known plugins and the nearest.
  absl::StatusOr<const Plugin<Kind>*> Find(absl::string_view name) const {
    const auto found = plugins_.find(std::string(name));
    if (found == plugins_.end())
      return absl::NotFoundError(UnknownName(Kind::kName, name, Names()));
    return found->second;
  }

  // Makes a plugin from its name and options. Errors begin with `where`.
  absl::StatusOr<typename Plugin<Kind>::Pointer> Create(
      const PluginSpec& spec, const typename Kind::Context& context,
      absl::string_view where = Kind::kName) const {
    auto plugin = Find(spec.name);
    if (!plugin.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": ", plugin.status().message()));
    }
    return (*plugin)->create(spec.options, absl::StrCat(where, " ", spec.name), context);
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [name, plugin] : plugins_) names.push_back(name);
    return names;
  }

  // In the order of their names.
  std::vector<const Plugin<Kind>*> plugins() const {
    std::vector<const Plugin<Kind>*> all;
    for (const auto& [name, plugin] : plugins_) all.push_back(plugin);
    return all;
  }

 private:
  std::map<std::string, const Plugin<Kind>*> plugins_;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_REGISTRY_H_
