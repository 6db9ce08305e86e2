// A pond in more than one place: backups, copies of other ponds, mirrors. docs/backup.md
//
// A backup is a pond in the same format in another store (an S3 bucket, a directory): immutable
// files, and a log whose entries are put there only if absent. It can be read in place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pond/check.h"
#include "pond/object_store.h"
#include "pond/oplog.h"
#include "pond/tinylogfs.h"

namespace pond::remote {

// Which of the pushed states a backup keeps, besides the newest: the last one of so many days,
// weeks (from Monday) and months, in UTC, counted back from the newest state. -1: all of them.
struct Keep {
  std::int64_t daily = 0, weekly = 0, monthly = 0;
  bool operator==(const Keep&) const = default;
};
// "daily=14,weekly=8,monthly=all"; InvalidArgument.
Keep parse_keep(const std::string& text);
std::string to_string(const Keep& keep);

enum class Mode : std::uint8_t { Push, Both, Pull };
std::string_view to_string(Mode mode);  // "push", "both", "pull"

// Where a backup is, and how to get in. Secrets are references to the environment ("${env:NAME}"),
// resolved when the store is opened: InvalidArgument for any other text.
struct Location {
  std::string url;       // s3://bucket/prefix, file:///directory
  std::string endpoint;  // of S3; empty: as the environment and AWS's files say
  std::string region;
  std::string profile;
  std::string access_key, secret_key;  // references; empty: as the environment and AWS's files say
  bool operator==(const Location&) const = default;
};

// The store of a location. InvalidArgument for URLs of other kinds and secrets that are not there.
std::shared_ptr<ObjectStore> open_store(const Location& location);
bool is_remote_url(std::string_view text);  // begins with s3:// or file://

// What was last seen of a backup.
struct Tip {
  std::int64_t txn = -1;
  std::string chain;  // of that transaction's commit
  bool operator==(const Tip&) const = default;
};

// A backup, or another pond, that this pond knows by name.
struct Remote {
  std::string name;
  Location location;
  Mode mode = Mode::Push;
  std::string mount;             // the path where it is mounted; empty: nowhere
  std::optional<Keep> keep;      // absent: every pushed state is kept
  Tip pushed, pulled;            // txn -1: never
  std::int64_t checkpoint = -1;  // the newest one that a push has written there
  std::int64_t pruned_us = 0;    // when states were last let go of
};

// The remotes of a pond: POND/remotes/NAME.json each, of this machine and no part of the pond's
// content.
class Remotes {
 public:
  explicit Remotes(std::filesystem::path pond);

  std::vector<Remote> all() const;  // by name
  std::optional<Remote> find(const std::string& name) const;
  Remote get(const std::string& name) const;  // NotFound names the nearest
  void add(const Remote& remote);             // AlreadyExists, InvalidArgument (a bad name)
  void update(const Remote& remote);
  void remove(const std::string& name);  // and the local copy of a mounted one

  // Where the local copy of a remote's log, and of what was read of it, is.
  std::filesystem::path replica(const std::string& name) const;

  // One process at a time pushes to or pulls from a remote: held until the object goes, or the
  // process.
  class Lock;
  std::shared_ptr<Lock> lock(const std::string& name) const;

 private:
  std::filesystem::path file(const std::string& name) const;
  std::filesystem::path directory_;
};

using ProgressFunction = std::function<void(std::uint64_t done, std::uint64_t total)>;  // bytes

struct PushReport {
  Tip tip;                             // of the backup now
  std::int64_t commits = 0;            // that it did not have
  std::uint64_t files = 0, bytes = 0;  // sent
  std::uint64_t removed = 0;           // files of states that are not kept any more
};

// Brings the backup up to this pond's state: sends what is missing, data first, then the log. At
// every moment the backup is readable, at its old state or the new. Updates `remote`'s tips.
// Conflict when the backup holds commits that this pond lacks, or another pond.
PushReport push(const oplog::OpLog& log, Remote& remote, const ProgressFunction& progress);

// How much of a pond in a store is copied.
enum class Depth : std::uint8_t {
  Log,         // the newest checkpoint and what follows; the rest is read when it is needed
  Rows,        // and the rows: everything but large contents
  Everything,  // a pond of its own
};

struct PullReport {
  Tip tip;
  std::uint64_t files = 0, bytes = 0;  // received
};

// Brings the pond in `into` up to the one in `from`, each file verified by its hash; data first,
// then the log, so that it can be cut off at any moment and be begun again. Makes the pond when
// there is none. Conflict when it has commits that `from` lacks.
PullReport pull(const std::shared_ptr<ObjectStore>& from, const std::filesystem::path& into,
                Depth depth, const ProgressFunction& progress);

// A new pond with the contents of the backup, and an identity of its own (so that it can be told
// from the old one, should that go on). AlreadyExists over a pond; a restore that was cut off goes
// on where it was.
PullReport restore(const Location& from, const std::filesystem::path& into,
                   const std::string& command, const ProgressFunction& progress);

struct VerifyReport {
  std::vector<Damage> damages;  // `where` is an object of the store, or a path of the pond
  Tip tip;
  std::string root;  // as CheckReport::root, of the newest state
  std::uint64_t objects = 0, bytes = 0;
};
// Reads every object of a backup and holds it against its hash. `scratch` is a directory for the
// log, which goes again.
VerifyReport verify(const std::shared_ptr<ObjectStore>& store, const std::filesystem::path& scratch,
                    const ProgressFunction& progress);

// Lets go of the states that `keep` does not name, and of the files only they used; the count.
std::uint64_t prune(ObjectStore& store, const Keep& keep);

// A pond in a store, read in place through a bounded local cache: the log is brought up to date
// now, everything else when it is read. Changes are refused (ReadOnly).
std::shared_ptr<tinylogfs::OpLogBackend> open_in_place(const Location& location);

}  // namespace pond::remote
