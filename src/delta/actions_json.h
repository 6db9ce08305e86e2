// Actions and the lines of a log entry (PROTOCOL.md#actions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/delta.h"

namespace pond::delta {

// One JSON object per line, each line ended by a newline; the commitInfo goes first.
// InvalidArgument for text that is not UTF-8 and for a commitInfo that is not a JSON object.
std::string to_json_lines(const std::vector<Action>& actions);

// The actions of a log entry; those of unknown kinds are left out (PROTOCOL.md#protocol-evolution).
// `file` is for messages: Corrupt "<file>: line 3: …". Unsupported for files this program cannot
// read.
std::vector<Action> from_json_lines(std::string_view text, const std::string& file);

// The decoded paths of the sidecar actions of a checkpoint in JSON
// (PROTOCOL.md#sidecar-file-information).
std::vector<std::string> sidecars_from_json_lines(std::string_view text, const std::string& file);

// When the entry says it was committed: its inCommitTimestamp, or else commitInfo.timestamp.
std::optional<std::int64_t> commit_time_ms(const std::vector<Action>& actions);

// Stands for every protocol version above it.
inline constexpr int kUnknownVersion = 1'000'000;

// Corrupt or Unsupported unless the decoded `path` stays below the table's root; `where` is for
// messages. `raw` is the URI as it was in the log.
void check_data_path(std::string_view raw, std::string_view path, const std::string& where);

}  // namespace pond::delta
