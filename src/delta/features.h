// Which protocol versions and table features this program reads and writes
// (PROTOCOL.md#table-features).
#pragma once

#include <string>

#include "pond/delta.h"

namespace pond::delta {

// Unsupported, naming version or feature, unless a table of this kind can be read. `table` is for
// messages.
void check_readable(const Protocol& protocol, const Metadata& metadata, const std::string& table);

// The same for writing, which asks for being readable too.
void check_writable(const Protocol& protocol, const Metadata& metadata, const std::string& table);

// The same for writing a checkpoint, which only says again what is in the log: all features must be
// known, and need not be supported.
void check_checkpointable(const Protocol& protocol, const Metadata& metadata,
                          const std::string& table);

// Whether commits carry their own time (PROTOCOL.md#in-commit-timestamps).
bool has_in_commit_timestamps(const Metadata& metadata);

// Whether the table's protocol has this writer feature, by list or by an old version number.
bool has_writer_feature(const Protocol& protocol, std::string_view feature);

}  // namespace pond::delta
