// What there is to know about plugins, for people and for programs: their names, what they are for,
// and their options, all of it from their own option schemas.
#ifndef STURGEON_APPS_PLUGIN_PAGES_H_
#define STURGEON_APPS_PLUGIN_PAGES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/option_schema.h"
#include "core/plugins.h"
#include "core/value.h"

namespace sturgeon {

// One plugin, whatever its kind.
struct PluginPage {
  std::string name;
  std::string summary;
  std::vector<OptionInfo> options;
};

// All plugins of a kind, in the order of their names.
struct PluginChapter {
  std::string kind;    // "strategy"
  std::string plural;  // "strategies"
  std::vector<PluginPage> pages;
};

// The kinds: samplers, strategies, stopping rules, models, runners, storages.
std::vector<PluginChapter> PluginChapters(const Plugins& plugins);

// The names and summaries.
std::string PluginListText(const std::vector<PluginChapter>& chapters);
// Each plugin with its options.
std::string PluginDetailText(const std::vector<PluginChapter>& chapters);
// {"samplers": [{"name": …, "summary": …, "options": [{"name": …, "type": …, "default": …,
// "range": …, "doc": …}]}], "strategies": …}
Value PluginsToValue(const std::vector<PluginChapter>& chapters);
// The page of docs/plugins/ about a kind.
std::string PluginMarkdown(const PluginChapter& chapter);

}  // namespace sturgeon

#endif  // STURGEON_APPS_PLUGIN_PAGES_H_
