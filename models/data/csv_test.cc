#include "models/data/csv.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

Dataset Parse(absl::string_view text) {
  auto dataset = ParseCsv(text, "t.csv");
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return dataset.ok() ? *std::move(dataset) : Dataset();
}

std::string ErrorOf(absl::string_view text) {
  const auto dataset = ParseCsv(text, "t.csv");
  EXPECT_EQ(dataset.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(dataset.status().message());
}

TEST(CsvTest, ReadsNumbersCategoriesAndStringLabels) {
  const Dataset data = Parse(
      "age,city,income,bought\n"
      "31,Riga,1200.5,yes\n"
      "45,Oslo,900,no\n"
      "22,Riga,1e3,yes\n"
      "60,Bern,-5,no\n");
  EXPECT_EQ(data.dimensions, 5);
  EXPECT_EQ(data.feature_names,
            (std::vector<std::string>{"age", "city=Bern", "city=Oslo", "city=Riga", "income"}));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(data.numeric_columns, (std::vector<int>{0, 4}));
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{1, 0, 1, 0}));
  EXPECT_EQ(data.train.features, (std::vector<float>{31, 0, 0, 1, 1200.5f,  //
                                                     45, 0, 1, 0, 900,      //
                                                     22, 0, 0, 1, 1000,     //
                                                     60, 1, 0, 0, -5}));
}

TEST(CsvTest, FindsOutWhetherThereIsAHeader) {
  EXPECT_EQ(Parse("1,2,0\n3,4,1\n5,6,0\n").train.size(), 3);
  EXPECT_EQ(Parse("a,b,c\n3,4,1\n5,6,0\n").train.size(), 2);
  // A column named by a number does not hide the header of the others.
  EXPECT_EQ(Parse("2019,2020,label\n3,4,1\n5,6,0\n").train.size(), 2);
  // Words only: a header's words do not occur below it.
  EXPECT_EQ(Parse("colour,shape\nred,round\nblue,square\nred,square\n").train.size(), 3);
  EXPECT_EQ(Parse("red,round\nblue,square\nred,square\n").train.size(), 3);
  EXPECT_EQ(Parse("1,2,0\n3,4,1\n").feature_names, (std::vector<std::string>{"x0", "x1"}));
}

TEST(CsvTest, UnderstandsQuotesBlanksAndLineEnds) {
  const Dataset data = Parse(
      "\xEF\xBB\xBF\"a, b\" , c,label\r\n"
      " \"x \"\"y\"\"\nz\" , 1 ,p\r\n"
      "\r\n"
      "w,2,q\r\n"
      "w,3,q");
  EXPECT_EQ(data.feature_names, (std::vector<std::string>{"a, b=w", "a, b=x \"y\"\nz", "c"}));
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{0, 1, 1}));
  EXPECT_EQ(data.train.features, (std::vector<float>{0, 1, 1, 1, 0, 2, 1, 0, 3}));
}

TEST(CsvTest, OrdersIntegerLabelsByTheirNumbers) {
  const Dataset data = Parse("1,10\n2,9\n3,10\n4,-1\n5,9\n6,-1\n");
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"-1", "9", "10"}));
  EXPECT_EQ(data.train.labels, (std::vector<int32_t>{2, 1, 2, 0, 1, 0}));
}

TEST(CsvTest, ErrorsNameTheLineAndTheColumn) {
  EXPECT_EQ(ErrorOf(""), "t.csv: it is empty");
  EXPECT_EQ(ErrorOf("\n\n"), "t.csv: it is empty");
  EXPECT_EQ(ErrorOf("a;b;c\n1;2;3\n"),
            "t.csv: line 1: there is one column, \"a;b;c\"; a table needs features and, last, the "
            "label, separated by commas");
  EXPECT_EQ(ErrorOf("a,b\n1,x\n\n2,y,z\n"),
            "t.csv: line 4: there are 3 fields; the first line has 2");
  EXPECT_EQ(ErrorOf("a,b\n1,x\n,y\n"),
            "t.csv: line 3: column 1 (a): the value is missing (\"\"); fill it in or remove the "
            "line");
  EXPECT_EQ(
      ErrorOf("1,x\n2,y\nNA,y\n3,x\n"),
      "t.csv: line 3: column 1: the value is missing (\"NA\"); fill it in or remove the line");
  EXPECT_EQ(ErrorOf("c,b\nu,x\n?,y\nu,x\n"),
            "t.csv: line 3: column 1 (c): the value is missing (\"?\"); fill it in or remove the "
            "line");
  EXPECT_EQ(ErrorOf("a,b\n1,x\n2,y\n3,\n"),
            "t.csv: line 4: column 2 (b): the value is missing (\"\"); fill it in or remove the "
            "line");
  EXPECT_EQ(
      ErrorOf("a,b\n1,x\n2,y\nthree,y\n4,x\n"),
      "t.csv: line 4: column 1 (a): \"three\" is no number, but most values of the column are");
  EXPECT_EQ(ErrorOf("a,b\n1,x\n1e39,y\n4,x\n"),
            "t.csv: line 3: column 1 (a): \"1e39\" is too large; numbers up to 3.4e38 can be held");
  EXPECT_EQ(ErrorOf("a,b\n\"multi\nline\",x\n\"open,y\n"),
            "t.csv: line 4: a quoted field begins here and is never closed");
  EXPECT_EQ(ErrorOf("a,b\n\"q\"r,x\n"),
            "t.csv: line 2: the quoted field \"q\" is followed by more text; a comma or the line's "
            "end must follow, and a quote within a field is doubled");
  EXPECT_EQ(ErrorOf("a,b\n1,x\n"), "t.csv: there are fewer than two rows of data");
  EXPECT_EQ(ErrorOf("a,b\n1,x\n2,x\n"),
            "t.csv: column 2 (b), the label, is \"x\" in every line; there must be at least two "
            "classes");
  EXPECT_EQ(ErrorOf("a,b\n1,0\n2,0.5\n3,1\n"),
            "t.csv: line 3: column 2 (b): the label \"0.5\" is a fraction; labels are classes "
            "(integers or names), since these models classify");
  EXPECT_EQ(ErrorOf("a,b\n1,u\n2,v\n3,w\n"),
            "t.csv: column 2 (b), the label, has 3 distinct values in 3 lines, fewer than two "
            "examples a class; is the label the last column?");
}

TEST(CsvTest, AnIdentifierIsNoCategory) {
  std::string text = "name,label\n";
  for (int i = 0; i < 1100; ++i) absl::StrAppend(&text, "person", i, ",", i % 2, "\n");
  EXPECT_EQ(ErrorOf(text),
            "t.csv: line 1002: column 1 (name): the column has more than 1000 distinct values, "
            "which looks like an identifier or free text; remove it or group its values");
}

TEST(CsvTest, LoadsFilesAndNamesThem) {
  const std::string path = testing::TempDir() + "/table.csv";
  std::ofstream(path) << "1,2,0\n3,4,1\n";
  const auto dataset = LoadCsv(path);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->name, path);
  const auto missing = LoadCsv(path + ".not");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(missing.status().message(), path + ".not"));
}

}  // namespace
}  // namespace sturgeon
