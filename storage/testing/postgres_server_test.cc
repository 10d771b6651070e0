#include "storage/testing/postgres_server.h"

#include <libpq-fe.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sturgeon {
namespace {

// The first column of the first row; "" if there is none.
std::string Ask(const std::string& url, const char* sql) {
  PGconn* const connection = PQconnectdb(url.c_str());
  PGresult* const result = PQexec(connection, sql);
  std::string answer = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0
                           ? PQgetvalue(result, 0, 0)
                           : "";
  PQclear(result);
  PQfinish(connection);
  return answer;
}

std::string FolderOf(const std::string& url) { return url.substr(url.find("host=") + 5); }

bool Exists(const std::string& path) {
  struct stat file;
  return stat(path.c_str(), &file) == 0;
}

TEST(PostgresServerTest, WhatItHasAcknowledgedOutlivesItsDeath) {
  const auto server = PostgresServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string url = (*server)->Url("postgres");
  ASSERT_TRUE((*server)->Run("postgres", "CREATE TABLE kept AS SELECT 7 AS value").ok());
  ASSERT_TRUE((*server)->Kill().ok());
  EXPECT_EQ(Ask(url, "SELECT value FROM kept"), "");
  ASSERT_TRUE((*server)->Restart().ok());
  EXPECT_EQ(Ask(url, "SELECT value FROM kept"), "7");
  EXPECT_FALSE((*server)->Run("postgres", "SELECT no such thing").ok());
}

TEST(PostgresServerTest, EndsWithTheTest) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto server = PostgresServer::Start();
    const std::string url = server.ok() ? (*server)->Url("postgres") : "failed";
    if (write(ready[1], url.c_str(), url.size() + 1) < 0) _exit(1);
    for (;;) pause();  // until it is killed
  }
  close(ready[1]);
  std::string url;
  for (char letter; read(ready[0], &letter, 1) == 1 && letter != '\0';) url += letter;
  close(ready[0]);
  EXPECT_EQ(Ask(url, "SELECT 1"), "1");
  const std::string folder = FolderOf(url);
  EXPECT_TRUE(Exists(folder));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  // The test's time limit is that of the wait.
  while (Exists(folder)) usleep(10000);
  EXPECT_EQ(Ask(url, "SELECT 1"), "");
}

}  // namespace
}  // namespace sturgeon
