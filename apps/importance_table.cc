#include "apps/importance_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "terminal/text.h"

namespace sturgeon {
namespace {

constexpr int kBarWidth = 24;
constexpr int kMostNameWidth = 40;
constexpr size_t kMostPairs = 10;

std::string Bar(double share) {
  if (!(share > 0)) return "";
  return std::string(std::max(1L, std::lround(std::min(1.0, share) * kBarWidth)), '#');
}

std::vector<int> MostImportantFirst(const ImportanceReport& report) {
  std::vector<int> order(report.parameters.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return report.parameters[a].importance > report.parameters[b].importance;
  });
  return order;
}

// Rows of cells: the first column is flush left, and so is the last; the others are right.
std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<int> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], TextColumns(row[c]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string blank(widths[c] - TextColumns(row[c]), ' ');
      const bool left = c == 0 || c + 1 == row.size();
      absl::StrAppend(&line, "  ", left ? "" : blank, row[c], left ? blank : "");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

// Whether there is more than one, so that there is something to say of them.
bool HasTiers(const SearchSpace& space) {
  return std::any_of(space.parameters().begin(), space.parameters().end(),
                     [&](const Parameter& parameter) { return parameter.tier != space[0].tier; });
}

std::string Tiers(const ParameterImportance& parameter) {
  return parameter.first_tier == parameter.last_tier
             ? absl::StrCat(parameter.first_tier)
             : absl::StrCat(parameter.first_tier, " to ", parameter.last_tier);
}

std::string Notes(const StudyConfig& config, const ImportanceReport& report) {
  std::string text;
  for (const std::string& note : TierNotes(config.space, report)) {
    absl::StrAppend(&text, "  ", Printable(note), "\n");
  }
  return text;
}

// How far to believe it.
std::string Trust(const ImportanceReport& report) {
  if (report.method == ImportanceMethod::kPedAnova) return "";
  if (report.explained <= 0) {
    return "The forest predicts trials that it has not seen no better than their mean does: these\n"
           "shares say nothing.\n";
  }
  return absl::StrFormat(
      "The forest predicts %.0f %% of the variation of trials that it has not seen. A parameter\n"
      "without influence would be given %.2f.\n",
      100 * report.explained, report.noise);
}

}  // namespace

std::string ShortImportanceTable(const StudyConfig& config, const ImportanceReport& report) {
  if (report.explained <= 0) return "";
  std::vector<std::vector<std::string>> rows;
  for (const int p : MostImportantFirst(report)) {
    const double share = report.parameters[p].importance;
    if (share < std::max(0.005, 2 * report.noise)) continue;  // 0.005 is shown as 0.00
    rows.push_back({Elided(config.space[p].name, kMostNameWidth),
                    absl::StrFormat("%.2f %s", share, Bar(share))});
  }
  if (rows.empty()) return "";
  return Table(rows) + Notes(config, report);
}

std::string ImportanceText(const StudyConfig& config, const ImportanceReport& report) {
  std::string text = absl::StrCat(
      Printable(config.name), ": what mattered to ", Printable(report.metric), ", by ",
      ImportanceMethodName(report.method), "; ", report.trials,
      report.trials == 1 ? " trial" : " trials",
      report.failed > 0 ? absl::StrCat(", ", report.failed, " of them failed") : "",
      report.quantile < 1 ? absl::StrFormat(", the best %.3g %% good", 100 * report.quantile) : "",
      "\n");
  const bool any = std::any_of(report.parameters.begin(), report.parameters.end(),
                               [](const ParameterImportance& p) { return p.high > 0; });
  if (!any) {
    return absl::StrCat(text, "Nothing can be said: ",
                        report.trials < kFewestTrials
                            ? absl::StrCat("it takes ", kFewestTrials, " trials that have ended.\n")
                            : "no parameter tells trials apart.\n");
  }
  const bool fanova = report.method == ImportanceMethod::kFanova;
  std::vector<std::vector<std::string>> rows = {{"", "share", "90 %"}};
  if (fanova) rows[0].push_back("total");
  const bool tiers = HasTiers(config.space);
  if (tiers) rows[0].insert(rows[0].end(), {"tier", "by the data"});
  rows[0].push_back("");
  for (const int p : MostImportantFirst(report)) {
    const ParameterImportance& parameter = report.parameters[p];
    std::vector<std::string> row = {
        Elided(config.space[p].name, kMostNameWidth),
        absl::StrFormat("%.2f", parameter.importance),
        absl::StrFormat("%.2f to %.2f", parameter.low, parameter.high),
    };
    if (fanova) row.push_back(absl::StrFormat("%.2f", parameter.total));
    if (tiers) {
      row.push_back(absl::StrCat(config.space[p].tier));
      row.push_back(Tiers(parameter));
    }
    row.push_back(Bar(parameter.importance));
    rows.push_back(std::move(row));
  }
  text += Table(rows);
  if (!report.pairs.empty()) {
    rows = {{"pair", "share", ""}};
    for (const PairImportance& pair : report.pairs) {
      if (rows.size() > kMostPairs) break;
      rows.push_back({absl::StrCat(Elided(config.space[pair.first].name, kMostNameWidth), " x ",
                                   Elided(config.space[pair.second].name, kMostNameWidth)),
                      absl::StrFormat("%.2f", pair.importance), Bar(pair.importance)});
    }
    absl::StrAppend(&text, "\n", Table(rows));
  }
  const std::string notes = Notes(config, report);
  if (!notes.empty()) absl::StrAppend(&text, "\n", notes);
  const std::string trust = Trust(report);
  if (!trust.empty()) absl::StrAppend(&text, "\n", trust);
  return text;
}

}  // namespace sturgeon
