#include "storage/testing/postgres_server.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sturgeon {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);

// $1: the folder, $2: that of the programs, $3: whether to wait for the disk. It answers each
// command with a line, and the end of the commands is the end of everything.
constexpr char kShell[] = R"sh(
folder=$1 bin=$2
cd "$folder" || exit 1
trap '' HUP INT TERM
log=$folder/log
"$bin/initdb" --no-sync --no-locale --encoding=UTF8 --auth=trust --username=sturgeon \
  --pgdata="$folder/data" >"$log" 2>&1 </dev/null || echo failed
# The user "locked" needs a password.
printf '%s\n' 'local all locked scram-sha-256' 'local all all trust' >"$folder/data/pg_hba.conf"
while read -r command; do
  case $command in
    start)
      "$bin/postgres" -D "$folder/data" -c listen_addresses= -c unix_socket_directories="$folder" \
        -c "fsync=$3" -c dynamic_shared_memory_type=mmap -c shared_buffers=32MB -c jit=off \
        -c max_connections=200 >>"$log" 2>&1 </dev/null &
      server=$!
      echo "$server" ;;
    kill)
      kill -QUIT "$server"
      wait "$server"
      echo done ;;
  esac
done
[ -z "$server" ] || { kill -QUIT "$server"; wait "$server"; } 2>/dev/null
rm -rf "$folder"
)sh";

// The folder with the newest server's programs; "" if there is none.
std::string FindPrograms() {
  std::string best;
  int64_t best_version = -1;
  glob_t found;
  for (const char* pattern : {"/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin"}) {
    if (glob(pattern, 0, nullptr, &found) != 0) continue;
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string path = found.gl_pathv[i];
      if (access((path + "/initdb").c_str(), X_OK) != 0) continue;
      int64_t version = 0;
      const std::vector<std::string> parts = absl::StrSplit(path, '/');
      if (!absl::SimpleAtoi(parts[parts.size() - 2], &version)) version = 0;
      if (version > best_version) best = path;
      best_version = std::max(best_version, version);
    }
    globfree(&found);
  }
  return best;
}

bool WriteFile(const char* path, const char* text, size_t size) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, text, size) == static_cast<ssize_t>(size);
  close(file);
  return written;
}

// Whom to be instead of root.
struct Identity {
  uid_t user = 65534;
  gid_t group = 65534;
  std::string user_map, group_map;  // of a user namespace
};

Identity FindIdentity() {
  Identity identity;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) {
      identity.user = entry->pw_uid;
      identity.group = entry->pw_gid;
      break;
    }
  }
  identity.user_map = absl::StrCat(identity.user, " ", geteuid(), " 1");
  identity.group_map = absl::StrCat(identity.group, " ", getegid(), " 1");
  return identity;
}

// Forks, root into a user namespace of its own where that may be. (unshare(2) after a fork refuses
// where a sanitizer has started a thread in the child.)
pid_t Fork(bool* in_namespace) {
  if (geteuid() == 0) {
    const pid_t child =
        static_cast<pid_t>(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, 0, 0));
    *in_namespace = true;
    if (child >= 0) return child;
  }
  *in_namespace = false;
  return fork();
}

// In the child of a fork, where only system calls are allowed.
bool StopBeingRoot(const Identity& identity, bool in_namespace, const char* folder) {
  if (in_namespace) {
    WriteFile("/proc/self/setgroups", "deny", 4);
    return WriteFile("/proc/self/uid_map", identity.user_map.data(), identity.user_map.size()) &&
           WriteFile("/proc/self/gid_map", identity.group_map.data(), identity.group_map.size());
  }
  if (geteuid() != 0) return true;
  return chown(folder, identity.user, identity.group) == 0 && setgroups(0, nullptr) == 0 &&
         setgid(identity.group) == 0 && setuid(identity.user) == 0;
}

struct Disconnect {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(const Options& options) {
  std::unique_ptr<PostgresServer> server(new PostgresServer());
  absl::Status status = server->Launch(options);
  if (status.ok()) status = server->Restart();
  if (!status.ok()) return status;
  return server;
}

absl::Status PostgresServer::Launch(const Options& options) {
  const std::string programs = FindPrograms();
  if (programs.empty()) {
    return absl::FailedPreconditionError(
        "there is no PostgreSQL server (/usr/lib/postgresql/*/bin/initdb): run "
        "`apt-get install postgresql`, or ./bazelw, which installs all that the tests need");
  }
  char folder[] = "/tmp/sturgeon-postgres-XXXXXX";
  if (mkdtemp(folder) == nullptr) {
    return absl::InternalError(absl::StrCat(folder, ": ", std::strerror(errno)));
  }
  folder_ = folder;
  int to_shell[2], from_shell[2];
  if (pipe2(to_shell, O_CLOEXEC) != 0 || pipe2(from_shell, O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  const Identity identity = FindIdentity();
  const char* const arguments[] = {
      "sh", "-c", kShell, "sh", folder, programs.c_str(), options.fsync ? "on" : "off", nullptr};
  // Nothing of the test's environment, such as PGDATA, is the server's business.
  const char* const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", nullptr};
  bool in_namespace;
  shell_ = Fork(&in_namespace);
  if (shell_ == 0) {
    // A group of its own: whoever kills the test's leaves the shell time to clean up.
    setsid();
    if (!StopBeingRoot(identity, in_namespace, folder)) _exit(126);
    dup2(to_shell[0], STDIN_FILENO);
    dup2(from_shell[1], STDOUT_FILENO);
    execve("/bin/sh", const_cast<char* const*>(arguments), const_cast<char* const*>(environment));
    _exit(127);
  }
  close(to_shell[0]);
  close(from_shell[1]);
  commands_ = to_shell[1];
  answers_ = from_shell[0];
  if (shell_ < 0) return absl::InternalError(absl::StrCat("fork: ", std::strerror(errno)));
  return absl::OkStatus();
}

PostgresServer::~PostgresServer() {
  if (commands_ >= 0) close(commands_);
  if (answers_ >= 0) close(answers_);
  if (shell_ > 0) waitpid(shell_, nullptr, 0);
  // Of a shell that never ran.
  if (!folder_.empty()) rmdir(folder_.c_str());
}

std::string PostgresServer::Log() const {
  std::ifstream file(folder_ + "/log");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return text.size() > 4000 ? text.substr(text.size() - 4000) : text;
}

absl::Status PostgresServer::Command(absl::string_view command) {
  const std::string line = absl::StrCat(command, "\n");
  std::string answer;
  if (write(commands_, line.data(), line.size()) == static_cast<ssize_t>(line.size())) {
    char letter;
    while (read(answers_, &letter, 1) == 1 && letter != '\n') answer += letter;
  }
  if (!answer.empty() && answer != "failed") return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("PostgreSQL's ", command, " failed. Its log ends with:\n", Log()));
}

absl::Status PostgresServer::Kill() { return Command("kill"); }

absl::Status PostgresServer::Restart() {
  absl::Status status = Command("start");
  if (!status.ok()) return status;
  const absl::Time deadline = absl::Now() + kPatience;
  while (PQping(Url("postgres").c_str()) != PQPING_OK) {
    if (absl::Now() > deadline) {
      return absl::InternalError(
          absl::StrCat("PostgreSQL does not start. Its log ends with:\n", Log()));
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::OkStatus();
}

std::string PostgresServer::Url(absl::string_view database) const {
  return absl::StrCat("postgresql://sturgeon@/", database, "?host=", folder_);
}

absl::StatusOr<std::string> PostgresServer::FreshUrl() {
  const std::string name = absl::StrCat("fresh_", ++databases_);
  absl::Status status = Run("postgres", absl::StrCat("CREATE DATABASE ", name));
  if (!status.ok()) return status;
  return Url(name);
}

absl::Status PostgresServer::Run(absl::string_view database, const std::string& sql) const {
  const std::unique_ptr<PGconn, Disconnect> connection(PQconnectdb(Url(database).c_str()));
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  PGresult* const result = PQexec(connection.get(), sql.c_str());
  const ExecStatusType code = PQresultStatus(result);
  PQclear(result);
  if (code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(sql, ": ", PQerrorMessage(connection.get())));
}

}  // namespace sturgeon
