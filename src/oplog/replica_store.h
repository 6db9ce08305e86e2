// A pond's files in a directory that holds only some of them; the others are in another store.
#pragma once

#include <filesystem>
#include <memory>

#include "pond/object_store.h"

namespace pond::oplog {

// Reads from `directory` what is there, and from `beyond` what is not: data files are kept in the
// directory then, expired log entries are not. The newest state is what the directory's log says.
// Nothing can be put: ReadOnly.
std::shared_ptr<ObjectStore> open_replica_store(const std::filesystem::path& directory,
                                                std::shared_ptr<ObjectStore> beyond);

}  // namespace pond::oplog
