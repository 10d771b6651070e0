// The tables of Optuna's relational storage, schema 12 (alembic v3.2.0.a), as Optuna 3.2 to 5 make
// them: what they are called, whether they are there, and what makes them.
#ifndef STURGEON_STORAGE_OPTUNA_SCHEMA_H_
#define STURGEON_STORAGE_OPTUNA_SCHEMA_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/sql_connection.h"

namespace sturgeon {

// The longest name, in characters, of a study, a parameter or an attribute.
inline constexpr int kLongestName = 512;

// Makes the tables in a database that holds none, and checks those of one that does. Adds indexes
// of our own (by number; of waiting and of running trials), which Optuna does not mind; a database
// that may only be read does without. `where` names the database in errors. FailedPrecondition: the
// tables are of another program, or of another version of Optuna's; says which, and what to do.
absl::Status PrepareOptunaSchema(SqlConnection& connection, absl::string_view where);

}  // namespace sturgeon

#endif  // STURGEON_STORAGE_OPTUNA_SCHEMA_H_
