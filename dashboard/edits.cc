#include "dashboard/edits.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/json.h"
#include "core/space_json.h"

namespace sturgeon {
namespace {

constexpr char kStopReason[] = "stopped by a user of the dashboard";

absl::Status Wrong(absl::string_view text) { return absl::InvalidArgumentError(text); }

// The only field of the body, which must have that name.
absl::StatusOr<Value> OnlyField(absl::string_view body, absl::string_view name) {
  absl::StatusOr<Value> json = ParseJson(body, "");
  if (!json.ok()) return json.status();
  const Value* const field = json->Find(name);
  if (!json->is_object() || field == nullptr || json->object().size() != 1) {
    return Wrong(absl::StrCat("expected an object with \"", name, "\" alone"));
  }
  return *field;
}

absl::StatusOr<Edit> ParseEnqueue(absl::string_view body, const StudyRecord& study) {
  absl::StatusOr<Value> params = OnlyField(body, "params");
  if (!params.ok()) return params.status();
  const absl::StatusOr<Point> point = PointFromValue(study.config.space, *params, "params");
  if (!point.ok()) return point.status();
  return EnqueueEdit{PointToValue(study.config.space, *point)};
}

absl::StatusOr<Edit> ParseStop(absl::string_view body, const StudyRecord&) {
  const absl::StatusOr<Value> trial = OnlyField(body, "trial");
  if (!trial.ok()) return trial.status();
  if (trial->kind() != Value::Kind::kInt || trial->integer() < 0) {
    return Wrong("\"trial\" is a trial's number");
  }
  return StopEdit{trial->integer()};
}

absl::StatusOr<Edit> ParseNote(absl::string_view body, const StudyRecord&) {
  const absl::StatusOr<Value> note = OnlyField(body, "note");
  if (!note.ok()) return note.status();
  if (!note->is_string()) return Wrong("\"note\" is a text");
  if (note->string().size() > kLongestNote) {
    return Wrong(
        absl::StrCat("a note has at most ", kLongestNote, " bytes, got ", note->string().size()));
  }
  return NoteEdit{note->string()};
}

absl::StatusOr<Edit> ParsePause(absl::string_view body, const StudyRecord&) {
  const absl::StatusOr<Value> paused = OnlyField(body, "paused");
  if (!paused.ok()) return paused.status();
  if (!paused->is_bool()) return Wrong("\"paused\" is true or false");
  return PauseEdit{paused->boolean()};
}

struct Applier {
  const StudyRecord& study;
  Storage& storage;

  absl::StatusOr<std::string> operator()(const EnqueueEdit& edit) const {
    const absl::StatusOr<int64_t> number = storage.Enqueue(study.id, {edit.params});
    if (!number.ok()) return number.status();
    return absl::StrCat("Trial ", *number, " waits");
  }
  absl::StatusOr<std::string> operator()(const StopEdit& edit) const {
    absl::Status status = storage.RequestStop(study.id, edit.trial, kStopReason);
    if (!status.ok()) return status;
    return absl::StrCat("Trial ", edit.trial, " will stop at its next report");
  }
  absl::StatusOr<std::string> operator()(const NoteEdit& edit) const {
    absl::Status status = storage.SetAttribute(study.id, kNoteAttribute,
                                               edit.note.empty() ? Value() : Value(edit.note));
    if (!status.ok()) return status;
    return std::string(edit.note.empty() ? "The note is gone" : "The note is kept");
  }
  absl::StatusOr<std::string> operator()(const PauseEdit& edit) const {
    absl::Status status =
        storage.SetAttribute(study.id, kPausedAttribute, edit.paused ? Value(true) : Value());
    if (!status.ok()) return status;
    return std::string(edit.paused ? "Paused: no trial starts until the study is resumed"
                                   : "The study goes on");
  }
};

}  // namespace

absl::StatusOr<Edit> ParseEdit(absl::string_view name, absl::string_view body,
                               const StudyRecord& study) {
  if (name == "enqueue") return ParseEnqueue(body, study);
  if (name == "stop") return ParseStop(body, study);
  if (name == "note") return ParseNote(body, study);
  if (name == "pause") return ParsePause(body, study);
  return absl::NotFoundError("there is no such edit; there are enqueue, stop, note and pause");
}

absl::StatusOr<std::string> ApplyEdit(const Edit& edit, const StudyRecord& study,
                                      Storage& storage) {
  return std::visit(Applier{study, storage}, edit);
}

}  // namespace sturgeon
