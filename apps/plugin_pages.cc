#include "apps/plugin_pages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/json.h"

namespace sturgeon {
namespace {

template <typename Kind>
PluginChapter Chapter(const Registry<Kind>& registry, std::string plural) {
  PluginChapter chapter = {absl::StrReplaceAll(Kind::kName, {{" ", "_"}}), std::move(plural), {}};
  for (const Plugin<Kind>* plugin : registry.plugins()) {
    chapter.pages.push_back({plugin->name, plugin->summary, plugin->options()});
  }
  return chapter;
}

std::string Capitalized(std::string word) {
  if (!word.empty()) word[0] = absl::ascii_toupper(word[0]);
  return absl::StrReplaceAll(word, {{"_", " "}});
}

Value OptionToValue(const OptionInfo& option) {
  Value value;
  value.Set("name", option.name);
  value.Set("type", option.type);
  const absl::StatusOr<Value> fallback = ParseJson(option.default_value, "");
  value.Set("default", fallback.ok() ? *fallback : Value(option.default_value));
  value.Set("range", option.range);
  value.Set("doc", option.doc);
  return value;
}

// Text for a cell of a table, where '|' ends the cell.
std::string Cell(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

}  // namespace

std::vector<PluginChapter> PluginChapters(const Plugins& plugins) {
  return {Chapter(plugins.samplers, "samplers"),
          Chapter(plugins.strategies, "strategies"),
          Chapter(plugins.stopping_rules, "stopping_rules"),
          Chapter(plugins.models, "models"),
          Chapter(plugins.runners, "runners"),
          Chapter(plugins.storages, "storages")};
}

std::string PluginListText(const std::vector<PluginChapter>& chapters) {
  size_t width = 0;
  for (const PluginChapter& chapter : chapters) {
    for (const PluginPage& page : chapter.pages) width = std::max(width, page.name.size());
  }
  std::string text;
  for (const PluginChapter& chapter : chapters) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", Capitalized(chapter.plural), "\n");
    for (const PluginPage& page : chapter.pages) {
      absl::StrAppend(&text, "  ", page.name, std::string(width - page.name.size() + 2, ' '),
                      page.summary, "\n");
    }
    if (chapter.pages.empty()) text += "  none\n";
  }
  return text;
}

std::string PluginDetailText(const std::vector<PluginChapter>& chapters) {
  std::string text;
  for (const PluginChapter& chapter : chapters) {
    for (const PluginPage& page : chapter.pages) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", chapter.kind, " ", page.name, "\n  ",
                      page.summary, "\n\n");
      text += page.options.empty() ? "It has no options.\n" : "Options\n";
      for (const OptionInfo& option : page.options) {
        absl::StrAppend(&text, "  ", option.name, " = ", option.default_value, "   (", option.type,
                        option.range.empty() ? "" : ", ", option.range, ")\n      ", option.doc,
                        "\n");
      }
    }
  }
  return text;
}

Value PluginsToValue(const std::vector<PluginChapter>& chapters) {
  Value value = Value::Object();
  for (const PluginChapter& chapter : chapters) {
    Value::List pages;
    for (const PluginPage& page : chapter.pages) {
      Value entry;
      entry.Set("name", page.name);
      entry.Set("summary", page.summary);
      Value::List options;
      for (const OptionInfo& option : page.options) options.push_back(OptionToValue(option));
      entry.Set("options", std::move(options));
      pages.push_back(std::move(entry));
    }
    value.Set(chapter.plural, std::move(pages));
  }
  return value;
}

std::string PluginMarkdown(const PluginChapter& chapter) {
  std::string page =
      absl::StrCat("# ", Capitalized(chapter.plural),
                   "\n\n<!-- Generated from the option schemas: change those, then run "
                   "`./bazelw run //docs:update`. -->\n\n");
  absl::StrAppend(&page, "`sturgeon plugins --kind=", chapter.kind,
                  "` lists them; `sturgeon plugins NAME` shows the options of one.\n");
  for (const PluginPage& plugin : chapter.pages) {
    absl::StrAppend(&page, "\n## ", plugin.name, "\n\n", plugin.summary, "\n\n");
    if (plugin.options.empty()) {
      page += "It has no options.\n";
      continue;
    }
    page += "| option | type | default | range | |\n| --- | --- | --- | --- | --- |\n";
    for (const OptionInfo& option : plugin.options) {
      absl::StrAppend(&page, "| `", option.name, "` | ", option.type, " | `",
                      Cell(option.default_value), "` | ", Cell(option.range), " | ",
                      Cell(option.doc), " |\n");
    }
  }
  return page;
}

}  // namespace sturgeon
