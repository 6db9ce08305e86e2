// What a pond says it holds, as text to compare: every node with every version of it.
#pragma once

#include <filesystem>
#include <string>

namespace pond::crash {

// Of a directory that no `pond init` has finished in.
inline constexpr const char* kNoPond = "no pond\n";

// Opens and reads everything; throws pond::Error when something cannot be read. Where the bytes are
// (inline, folded, flushed) leaves no trace in the text.
std::string read_pond(const std::filesystem::path& pond);

// A full fsck; throws what it finds first.
void check_whole(const std::filesystem::path& pond);

// Makes the next commit (the first one where there is no pond yet) and reads it back; with `all` it
// compares everything else too.
void commit_next(const std::filesystem::path& pond, const std::string& content, bool all);

}  // namespace pond::crash
