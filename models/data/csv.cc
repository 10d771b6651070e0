#include "models/data/csv.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/file.h"

namespace sturgeon {
namespace {

// A categorical column of more values than this is rather an identifier or free text.
constexpr std::size_t kMaxCategories = 1000;
constexpr int64_t kMaxFeatures = int64_t{1} << 28;  // rows * columns: a gigabyte of floats

struct Row {
  int64_t line;  // where it begins
  std::vector<std::string> fields;
};

absl::Status Error(absl::string_view where, int64_t line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": line ", line, ": ", what));
}

// A field as it is shown in an error.
std::string Quoted(absl::string_view field) {
  constexpr std::size_t kShown = 40;
  if (field.size() <= kShown) return absl::StrCat("\"", field, "\"");
  return absl::StrCat("\"", field.substr(0, kShown), "…\"");
}

// Splits the text into rows of fields; unquoted fields lose the blanks around them.
absl::StatusOr<std::vector<Row>> SplitRows(absl::string_view text, absl::string_view where) {
  constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::vector<Row> rows;
  int64_t line = 1;
  std::size_t at = 0;
  const auto at_line_end = [&] {
    return at == text.size() || text[at] == '\n' ||
           (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] == '\n'));
  };
  while (at < text.size()) {
    Row row;
    row.line = line;
    for (;;) {  // one field a turn
      while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
      std::string field;
      if (at < text.size() && text[at] == '"') {
        const int64_t opened = line;
        ++at;
        for (;;) {
          if (at == text.size()) {
            return Error(where, opened, "a quoted field begins here and is never closed");
          }
          const char c = text[at++];
          if (c == '"') {
            if (at == text.size() || text[at] != '"') break;
            ++at;
          }
          if (c == '\n') ++line;
          field.push_back(c);
        }
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
        if (!at_line_end() && text[at] != ',') {
          return Error(where, line,
                       absl::StrCat("the quoted field ", Quoted(field),
                                    " is followed by more text; a comma or the line's end must "
                                    "follow, and a quote within a field is doubled"));
        }
      } else {
        const std::size_t begin = at;
        while (!at_line_end() && text[at] != ',') ++at;
        field = std::string(absl::StripTrailingAsciiWhitespace(text.substr(begin, at - begin)));
      }
      row.fields.push_back(std::move(field));
      if (at_line_end()) break;
      ++at;  // the comma
    }
    if (at < text.size() && text[at] == '\r') ++at;
    if (at < text.size()) ++at;
    ++line;
    if (row.fields.size() > 1 || !row.fields[0].empty()) rows.push_back(std::move(row));
  }
  return rows;
}

bool IsMissing(absl::string_view field) {
  for (absl::string_view name : {"", "na", "n/a", "nan", "null", "?"}) {
    if (absl::EqualsIgnoreCase(field, name)) return true;
  }
  return false;
}

bool IsNumber(absl::string_view field, double* number) {
  // SimpleAtod takes "infinity" and hexadecimal numbers for numbers, too; a table's are decimal.
  return !field.empty() && absl::ascii_isalpha(static_cast<unsigned char>(field.back())) == 0 &&
         absl::SimpleAtod(field, number);
}

// Rows of fields on their way to a dataset.
class Table {
 public:
  Table(std::vector<Row> rows, absl::string_view where) : rows_(std::move(rows)), where_(where) {}

  absl::StatusOr<Dataset> Read() {
    absl::Status status = CheckShape();
    if (!status.ok()) return status;
    FindKinds();
    FindHeader();
    if (static_cast<int64_t>(rows_.size()) - first_ < 2) {
      return absl::InvalidArgumentError(
          absl::StrCat(where_, ": there are fewer than two rows of data"));
    }
    status = ReadFeatures();
    if (status.ok()) status = ReadLabels();
    if (!status.ok()) return status;
    return std::move(dataset_);
  }

 private:
  int columns() const { return static_cast<int>(rows_[0].fields.size()); }
  int label_column() const { return columns() - 1; }
  const std::string& Field(std::size_t row, int column) const { return rows_[row].fields[column]; }

  // "column 3 (age)"
  std::string ColumnName(int column) const {
    return absl::StrCat("column ", column + 1,
                        first_ > 0 ? absl::StrCat(" (", Field(0, column), ")") : "");
  }
  absl::Status CellError(std::size_t row, int column, absl::string_view what) const {
    return Error(where_, rows_[row].line, absl::StrCat(ColumnName(column), ": ", what));
  }
  absl::Status Missing(std::size_t row, int column) const {
    return CellError(row, column,
                     absl::StrCat("the value is missing (", Quoted(Field(row, column)),
                                  "); fill it in or remove the line"));
  }

  absl::Status CheckShape() const {
    if (rows_.empty()) return absl::InvalidArgumentError(absl::StrCat(where_, ": it is empty"));
    if (columns() < 2) {
      return Error(where_, rows_[0].line,
                   absl::StrCat("there is one column, ", Quoted(Field(0, 0)),
                                "; a table needs features and, last, the label, separated by "
                                "commas"));
    }
    for (const Row& row : rows_) {
      if (row.fields.size() != rows_[0].fields.size()) {
        return Error(where_, row.line,
                     absl::StrCat("there are ", row.fields.size(), " fields; the first line has ",
                                  rows_[0].fields.size()));
      }
    }
    return absl::OkStatus();
  }

  // A column is numeric if more than half of its values below the first row are numbers.
  void FindKinds() {
    numeric_.resize(columns());
    const std::size_t first = rows_.size() > 1 ? 1 : 0;
    for (int c = 0; c < columns(); ++c) {
      int64_t numbers = 0, others = 0;
      for (std::size_t r = first; r < rows_.size(); ++r) {
        double number = 0;
        if (IsNumber(Field(r, c), &number)) {
          ++numbers;
        } else if (!IsMissing(Field(r, c))) {
          ++others;
        }
      }
      numeric_[c] = numbers > others;
    }
  }

  void FindHeader() {
    bool any_numeric = false, above_numbers = false, unique = true;
    for (int c = 0; c < columns(); ++c) {
      double number = 0;
      if (numeric_[c]) {
        any_numeric = true;
        above_numbers =
            above_numbers || (!IsMissing(Field(0, c)) && !IsNumber(Field(0, c), &number));
      }
      for (std::size_t r = 1; unique && r < rows_.size(); ++r) unique = Field(r, c) != Field(0, c);
    }
    first_ = (any_numeric ? above_numbers : unique) ? 1 : 0;
  }

  absl::Status ReadFeatures() {
    const std::size_t n = rows_.size() - first_;
    std::vector<std::map<std::string, int>> categories(columns());  // value -> feature
    int64_t d = 0;
    for (int c = 0; c < label_column(); ++c) {
      const std::string name = first_ > 0 ? Field(0, c) : absl::StrCat("x", c);
      if (numeric_[c]) {
        dataset_.numeric_columns.push_back(static_cast<int>(d++));
        dataset_.feature_names.push_back(name);
        continue;
      }
      for (std::size_t r = first_; r < rows_.size(); ++r) {
        if (IsMissing(Field(r, c))) return Missing(r, c);
        categories[c].emplace(Field(r, c), 0);
        if (categories[c].size() > kMaxCategories) {
          return CellError(r, c,
                           absl::StrCat("the column has more than ", kMaxCategories,
                                        " distinct values, which looks like an identifier or free "
                                        "text; remove it or group its values"));
        }
      }
      for (auto& [value, feature] : categories[c]) {
        feature = static_cast<int>(d++);
        dataset_.feature_names.push_back(absl::StrCat(name, "=", value));
      }
    }
    if (d * static_cast<int64_t>(n) > kMaxFeatures) {
      return absl::InvalidArgumentError(absl::StrCat(
          where_, ": ", n, " rows of ", d,
          " features (with one a value of each categorical column) are too many; at most 2^28 "
          "numbers can be held"));
    }
    dataset_.dimensions = static_cast<int>(d);
    dataset_.train.features.assign(n * d, 0.0f);
    float* out = dataset_.train.features.data();
    for (std::size_t r = first_; r < rows_.size(); ++r, out += d) {
      int feature = 0;  // of the next numeric column
      for (int c = 0; c < label_column(); ++c) {
        if (!numeric_[c]) {
          out[categories[c].find(Field(r, c))->second] = 1.0f;
          feature += static_cast<int>(categories[c].size());
          continue;
        }
        if (IsMissing(Field(r, c))) return Missing(r, c);
        double number = 0;
        if (!IsNumber(Field(r, c), &number)) {
          return CellError(r, c,
                           absl::StrCat(Quoted(Field(r, c)),
                                        " is no number, but most values of the column are"));
        }
        if (!(std::fabs(number) <= std::numeric_limits<float>::max())) {
          return CellError(
              r, c,
              absl::StrCat(Quoted(Field(r, c)), " is too large; numbers up to 3.4e38 can be held"));
        }
        out[feature++] = static_cast<float>(number);
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadLabels() {
    const int c = label_column();
    bool all_integers = true;
    std::set<std::string> distinct;
    for (std::size_t r = first_; r < rows_.size(); ++r) {
      const std::string& field = Field(r, c);
      if (IsMissing(field)) return Missing(r, c);
      int64_t integer = 0;
      const bool is_integer = absl::SimpleAtoi(field, &integer);
      double number = 0;
      if (!is_integer && numeric_[c] && IsNumber(field, &number) && number != std::floor(number)) {
        return CellError(r, c,
                         absl::StrCat("the label ", Quoted(field),
                                      " is a fraction; labels are classes (integers or "
                                      "names), since these models classify"));
      }
      all_integers = all_integers && is_integer;
      distinct.insert(field);
    }
    std::vector<std::string>& names = dataset_.class_names;
    names.assign(distinct.begin(), distinct.end());
    if (all_integers) {
      const auto integer = [](const std::string& name) {
        int64_t value = 0;
        return absl::SimpleAtoi(name, &value) ? value : 0;
      };
      std::stable_sort(names.begin(), names.end(),
                       [&](const auto& a, const auto& b) { return integer(a) < integer(b); });
    }
    const std::size_t n = rows_.size() - first_;
    if (names.size() < 2) {
      return absl::InvalidArgumentError(
          absl::StrCat(where_, ": ", ColumnName(c), ", the label, is ", Quoted(names[0]),
                       " in every line; there must be at least two classes"));
    }
    if (names.size() > 2 && names.size() * 2 > n) {
      return absl::InvalidArgumentError(absl::StrCat(
          where_, ": ", ColumnName(c), ", the label, has ", names.size(), " distinct values in ", n,
          " lines, fewer than two examples a class; is the label the last column?"));
    }
    std::map<std::string, int32_t> index;
    for (std::size_t i = 0; i < names.size(); ++i) index[names[i]] = static_cast<int32_t>(i);
    for (std::size_t r = first_; r < rows_.size(); ++r) {
      dataset_.train.labels.push_back(index[Field(r, c)]);
    }
    return absl::OkStatus();
  }

  std::vector<Row> rows_;
  absl::string_view where_;
  int64_t first_ = 0;          // the first row of data: 1 below a header
  std::vector<bool> numeric_;  // by column
  Dataset dataset_;
};

}  // namespace

absl::StatusOr<Dataset> ParseCsv(absl::string_view text, absl::string_view where) {
  auto rows = SplitRows(text, where);
  if (!rows.ok()) return rows.status();
  auto dataset = Table(*std::move(rows), where).Read();
  if (dataset.ok()) dataset->name = std::string(where);
  return dataset;
}

absl::StatusOr<Dataset> LoadCsv(const std::string& path) {
  auto text = ReadFile(path);
  if (!text.ok()) return text.status();
  return ParseCsv(*text, path);
}

}  // namespace sturgeon
