// Runs a program beside a PostgreSQL server of its own, whose URL it finds in STURGEON_POSTGRES:
//
//   with_postgres [--fsync] PROGRAM [ARGUMENT…]
//
// --fsync: the server waits for the disk, which only measurements need. Ends as the program does.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "storage/testing/postgres_server.h"

int main(int argc, char** argv) {
  sturgeon::PostgresServer::Options options;
  char** program = argv + 1;
  if (argc > 1 && std::strcmp(argv[1], "--fsync") == 0) {
    options.fsync = true;
    ++program;
  }
  if (*program == nullptr) {
    std::fprintf(stderr, "usage: with_postgres [--fsync] PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  const auto server = sturgeon::PostgresServer::Start(options);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  setenv("STURGEON_POSTGRES", (*server)->Url("postgres").c_str(), /*overwrite=*/1);
  const pid_t child = fork();
  if (child == 0) {
    execvp(program[0], program);
    std::perror(program[0]);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
