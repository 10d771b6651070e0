// sturgeon plugins: lists the plugins, or shows the options of one.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/plugin_pages.h"
#include "core/json.h"
#include "core/suggest.h"
#include "gflags/gflags.h"

DEFINE_string(kind, "",
              "Only plugins of this kind: sampler, strategy, stopping_rule, model, runner or "
              "storage.");

namespace sturgeon {
namespace {

// Leaves only the chapters and pages that were asked for.
absl::Status Select(const std::vector<std::string>& arguments,
                    std::vector<PluginChapter>* chapters) {
  if (!FLAGS_kind.empty()) {
    std::vector<std::string> kinds;
    for (const PluginChapter& chapter : *chapters) kinds.push_back(chapter.kind);
    const auto is_other = [](const PluginChapter& chapter) {
      return FLAGS_kind != chapter.kind && FLAGS_kind != chapter.plural;
    };
    chapters->erase(std::remove_if(chapters->begin(), chapters->end(), is_other), chapters->end());
    if (chapters->empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--kind: ", UnknownName("kind", FLAGS_kind, kinds)));
    }
  }
  if (arguments.empty()) return absl::OkStatus();
  const std::string& name = arguments[0];
  std::vector<std::string> names;
  for (const PluginChapter& chapter : *chapters) {
    for (const PluginPage& page : chapter.pages) names.push_back(page.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return absl::NotFoundError(UnknownName("plugin", name, names));
  }
  for (PluginChapter& chapter : *chapters) {
    auto& pages = chapter.pages;
    pages.erase(std::remove_if(pages.begin(), pages.end(),
                               [&](const PluginPage& page) { return page.name != name; }),
                pages.end());
  }
  return absl::OkStatus();
}

int Run(const std::vector<std::string>& arguments, const Plugins& plugins) {
  const absl::Status known = CheckFormat({"text", "json", "markdown"});
  if (!known.ok()) return Complain(known, kExitUsage);
  std::vector<PluginChapter> chapters = PluginChapters(plugins);
  const absl::Status selected = Select(arguments, &chapters);
  if (!selected.ok()) return Complain(selected, kExitUsage);
  std::string text;
  if (FLAGS_format == "json") {
    text = WriteJsonPretty(PluginsToValue(chapters)) + "\n";
  } else if (FLAGS_format == "markdown") {
    for (const PluginChapter& chapter : chapters) text += PluginMarkdown(chapter);
  } else {
    text = arguments.empty() ? PluginListText(chapters) : PluginDetailText(chapters);
  }
  return Print(text) ? kExitDone : kExitFailed;
}

constexpr CommandFlag kFlags[] = {{"kind", "KIND"}, kFormatFlag};

}  // namespace

const Command kPluginsCommand = {
    "plugins",
    "Lists the plugins, or shows the options of one.",
    "[NAME] [flags]",
    "sturgeon plugins coarse_to_fine",
    kFlags,
    1,
    &Run,
};

}  // namespace sturgeon
